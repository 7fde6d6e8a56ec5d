"""Carrying an episode forward by one message: where it stands, who waits, what was said last."""

from __future__ import annotations

from uuid import UUID

from conversations.work import Episode, Work


def carry(
    episode: Episode, work: Work, message_id: UUID, *, outgoing: bool, imported: bool, answers: bool = False
) -> None:
    """Carry the episode forward by one message; what ``answers`` a survey lets nobody wait."""
    episode.touched = True
    shown_at = min(work.at, work.received_at)
    if work.channel.id not in episode.channel_ids:
        episode.channel_ids = [*episode.channel_ids, work.channel.id]
    if episode.last_message_at is None or shown_at >= episode.last_message_at:
        episode.last_message_at, episode.last_message_id, episode.last_channel_id = (
            shown_at,
            message_id,
            work.channel.id,
        )
    if imported:
        if episode.status == "resolved" and episode.resolved_at is not None:
            episode.resolved_at = max(episode.resolved_at, work.at)
        episode.opened_at = min(episode.opened_at, work.at)
    elif outgoing:
        _answered(episode, work)
    elif not answers:
        _heard(episode, work)


def _answered(episode: Episode, work: Work) -> None:
    if episode.waiting_since is not None and work.at >= episode.waiting_since:
        episode.waiting_since, episode.unread = None, 0
        episode.first_response_at = episode.first_response_at or work.at
        if episode.status == "waiting":
            episode.status = "open"


def _heard(episode: Episode, work: Work) -> None:
    episode.last_inbound_at = max(episode.last_inbound_at or work.at, work.at)
    if episode.status == "resolved":
        return  # it came late, for an episode that is over: shown there, and nobody is called
    episode.unread += 1
    episode.waiting_since = min(episode.waiting_since or work.at, work.at)
    if episode.status in {"pending", "snoozed"}:
        episode.status, episode.snoozed_until = ("open" if episode.assignee_id else "waiting"), None
    episode.queued_at = episode.queued_at or (None if episode.assignee_id else min(work.at, work.received_at))

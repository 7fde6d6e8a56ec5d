"""Who is there: what a person said, what silence and stillness make of it, each change told to history and the feed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import history
from conversations.feed import Change
from conversations.models import HistoryEvent
from conversations.refusal import Refused
from conversations.wake import Work
from hub.models import Membership, Presence, Workspace
from hub.pauses import REASON_LENGTH
from hub.routing import away_minutes

SILENCE = timedelta(seconds=90)  # without a sign of life of any screen somebody is offline
SAID, INPUT = "presence", "input_at"  # in Membership.settings: what the person chose, and when they last did anything
CHOSEN = (Presence.ONLINE, Presence.BUSY, Presence.BREAK, Presence.OFFLINE)


class State(msgspec.Struct, frozen=True):
    """How somebody is there, since when it is true, and with what reason they gave."""

    presence: str
    since: datetime
    reason: str = ""


class Shown(msgspec.Struct, frozen=True):
    """The member as they are now, and what the feed tells; ``count`` is how many changed."""

    membership: Membership | None = None
    count: int = 0
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def true_now(said: State, seen_at: datetime | None, input_at: datetime | None, away: timedelta, now: datetime) -> State:
    """Return how somebody is there, from what they said and their last signs of life. Pure.

    Offline when no screen gave a sign for a minute and a half; away when they are online and did nothing for ``away``.
    """
    if said.presence == Presence.OFFLINE:
        return said
    if seen_at is None or now - seen_at > SILENCE:
        return State(Presence.OFFLINE, seen_at + SILENCE if seen_at else said.since)
    if said.presence == Presence.ONLINE and input_at is not None and now - input_at >= away:
        return State(Presence.AWAY, input_at + away)
    return said


def say(workspace: Workspace, user_id: UUID, presence: str, reason: str = "") -> Shown:
    """Let a member say how they are there. Raises ``Refused`` for a state nobody can choose; ``Membership.DoesNotExist``."""
    if presence not in CHOSEN:
        raise Refused("presence", _("Must be one of %(words)s.") % {"words": ", ".join(CHOSEN)})
    if len(reason) > REASON_LENGTH:
        raise Refused("reason", _("May hold at most %(number)d characters.") % {"number": REASON_LENGTH})
    if reason and presence != Presence.BREAK:
        raise Refused("reason", _("Only a break has a reason."))
    now = timezone.now()
    row = _held(workspace, user_id)
    events = _settle(row, workspace, now)
    row.settings = {**row.settings, SAID: {"state": presence, "reason": reason}, INPUT: now.isoformat()}
    row.seen_at = now
    return _shown(row, [*events, *_turn(row, State(presence, now, reason), by="agent")])


def beat(workspace: Workspace, user_id: UUID, idle_seconds: float) -> Shown:
    """Take a sign of life of one of a member's screens, where the last input was ``idle_seconds`` ago: two statements.

    Who was taken for gone is there again. Raises ``Membership.DoesNotExist``.
    """
    now = timezone.now()
    row = _held(workspace, user_id)
    events = _settle(row, workspace, now)  # what became true before, and nobody looked
    moved = now - timedelta(seconds=max(idle_seconds, 0))
    known = _input_of(row)
    row.seen_at = now
    row.settings = {**row.settings, INPUT: max(moved, known or moved).isoformat()}
    return _shown(row, [*events, *_settle(row, workspace, now)])


def look(workspace: Workspace) -> Shown:
    """Look who of a workspace is no longer there: silent, or still for too long. Who is held just now waits for the next look."""
    now = timezone.now()
    rows = Membership.objects.of(workspace).exclude(presence=Presence.OFFLINE).order_by("id")
    held = list(rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("user"))
    events = {row.pk: found for row in held if (found := _settle(row, workspace, now))}
    changed = [row for row in held if row.pk in events]
    Membership.objects.bulk_update(changed, ["presence", "presence_reason", "presence_since"])
    history.record([event for found in events.values() for event in found])
    changes = tuple(Change("agent.updated", row.user_id) for row in changed)
    return Shown(None, len(changed), changes, ("metrics",) if changed else ())


def watched_workspaces() -> list[Workspace]:
    """Return the workspaces in which somebody is there."""
    there = Membership.objects.exclude(presence=Presence.OFFLINE).values("workspace")
    return list(Workspace.objects.filter(pk__in=there))


def _held(workspace: Workspace, user_id: UUID) -> Membership:
    rows = Membership.objects.of(workspace).select_for_update(no_key=True, of=("self",))
    return rows.select_related("user").get(user_id=user_id)


def _said(row: Membership) -> State:
    """Return what the person chose last; who never chose is online while they are here."""
    kept = row.settings.get(SAID) or {}
    since = row.presence_since or row.seen_at or row.created_at
    return State(kept.get("state", Presence.ONLINE), since, kept.get("reason", ""))


def _input_of(row: Membership) -> datetime | None:
    kept = row.settings.get(INPUT)
    return datetime.fromisoformat(kept) if kept else None


def _settle(row: Membership, workspace: Workspace, now: datetime) -> list[HistoryEvent]:
    """Let a member be there as is true now; return what history tells of it."""
    away = timedelta(minutes=away_minutes(workspace))
    state = true_now(_said(row), row.seen_at, _input_of(row), away, now)
    if (state.presence, state.reason) == (row.presence, row.presence_reason):
        return []
    came_back = state.presence not in {Presence.AWAY, Presence.OFFLINE}
    return _turn(row, msgspec.structs.replace(state, since=now) if came_back else state, by="rule")


def _turn(row: Membership, state: State, *, by: str) -> list[HistoryEvent]:
    if (state.presence, state.reason) == (row.presence, row.presence_reason):
        return []
    since = max(state.since, row.presence_since) if row.presence_since else state.since
    data: dict[str, Any] = {
        "agent": row.user.email,
        "from": row.presence,
        "to": state.presence,
        "reason": state.reason,
        "by": by,
    }
    row.presence, row.presence_reason, row.presence_since = state.presence, state.reason, since
    event = HistoryEvent(
        workspace_id=row.workspace_id,
        type="presence.changed",
        occurred_at=since,
        actor_kind="agent",
        actor_id=row.user_id,
        actor_email=row.user.email,
        data=data,
    )
    return [event]


def _shown(row: Membership, events: list[HistoryEvent]) -> Shown:
    """Store a member who was held, and tell of what changed."""
    row.save(update_fields=["presence", "presence_reason", "presence_since", "seen_at", "settings"])
    if not events:
        return Shown(row)
    history.record(events)
    return Shown(row, 1, (Change("agent.updated", row.user_id),), ("metrics", "route"))

"""Whether something a customer said answers a survey: looked for only with people who were asked lately, in the pipeline's batch.

An answer belongs to the conversation it was asked in: it neither reopens it nor lets anybody wait. Its message says so in
``payload["survey"]``, its event by ``"kind": "survey"``. Whatever is no answer is an ordinary message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec

from conversations import bulk, prepared
from conversations.channels.types import MessageReceived
from conversations.perform import menu
from conversations.surveys.marks import chosen
from conversations.surveys.words import SCALES, attempted, score_of
from conversations.work import SKEW_SECONDS, Episode, Work

ANSWERS_FOR = timedelta(days=7)
COMMENTS_FOR = timedelta(hours=24)
COMMENT_LENGTH = 4000
# Asked lately, newest first; overtaken: somebody has spoken since, so that a bare number may mean something else.
OPEN = """
SELECT r.id, coalesce(c.merged_into_id, c.id), r.conversation_id, r.channel_id, s.kind, r.touchpoint, r.agent_email,
  r.state, r.reason, r.asked_at, r.answered_at, r.score, r.comment, EXISTS (
    SELECT 1 FROM conversations_message m
    WHERE m.workspace_id = r.workspace_id AND m.conversation_id = r.conversation_id AND m.direction = 'outbound'
      AND m.author_kind IN ('agent', 'device', 'bot') AND m.kind <> 'note' AND m.sent_at > r.asked_at)
FROM conversations_customer c
JOIN conversations_surveyrequest r ON r.customer_id = c.id
JOIN conversations_survey s ON s.id = r.survey_id
WHERE (c.id = ANY(%s::uuid[]) OR c.merged_into_id = ANY(%s::uuid[]))
  AND r.asked_at > now() - interval '8 days' AND r.state IN ('asked', 'answered')
ORDER BY r.asked_at DESC FOR UPDATE OF r
"""
KEEP = """
UPDATE conversations_surveyrequest r SET state = new.state, reason = new.reason, score = new.score,
  answered_at = new.answered_at, comment = new.comment
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::text[])
  AS new (id, state, reason, score, answered_at, comment) WHERE r.id = new.id
"""
AGAIN = "asked_again"


class Open(msgspec.Struct, kw_only=True):
    """A question somebody was asked, as the batch changes it."""

    id: UUID
    person_id: UUID
    conversation_id: UUID | None
    channel_id: UUID | None
    kind: str
    touchpoint: str
    agent_email: str
    state: str
    reason: str
    asked_at: datetime
    answered_at: datetime | None
    score: int | None
    comment: str
    overtaken: bool
    touched: bool = False


class Heard(msgspec.Struct, frozen=True):
    """An answer: to which question, in which conversation, and which ``part`` of one: ``score``, ``comment`` or ``unclear``."""

    conversation_id: UUID
    mark: dict[str, Any]


class Hearing:
    """The questions that the people of a batch were asked lately."""

    def __init__(self, person_ids: Iterable[UUID]) -> None:
        self.events: list[tuple[Work, Open, int]] = []
        ids = bulk.array(sorted(person_ids))
        self._asked = prepared.cursor() if ids != "{}" else None
        if self._asked is not None:
            self._asked.execute(OPEN, [ids, ids])

    @cached_property
    def open(self) -> dict[UUID, list[Open]]:
        """The questions by person: read when the first is wanted, for other answers may be on their way as well."""
        found: dict[UUID, list[Open]] = {}
        if self._asked is not None:
            with self._asked as cursor:
                for row in cursor.fetchall():
                    one = Open(**dict(zip(Open.__struct_fields__, row, strict=False)))
                    found.setdefault(one.person_id, []).append(one)
        return found

    def hear(self, work: Work, episodes: Sequence[Episode]) -> Heard | None:
        """Return what a message answers, None for an ordinary one. An answer is settled here; the last one counts."""
        item = work.item
        asked = self.open.get(work.person_id) if work.person_id else None
        if not asked or not isinstance(item, MessageReceived):
            return None
        pressed = chosen(menu.pressed(item.payload))
        for one in asked:
            if one.conversation_id is None or not any(entry.id == one.conversation_id for entry in episodes):
                continue
            if not one.asked_at <= work.at + timedelta(seconds=SKEW_SECONDS) or work.at - one.asked_at > ANSWERS_FOR:
                continue
            if pressed is not None:
                if pressed[0] == one.id and pressed[1] in SCALES[one.kind]:
                    return self._scored(work, one, pressed[1])
            elif _may_be_typed(work, one, episodes):
                return self._typed(work, item, one)
        return None

    def _typed(self, work: Work, item: MessageReceived, one: Open) -> Heard | None:
        score = score_of(item.text, one.kind)
        if score is not None:
            return self._scored(work, one, score)
        if one.state == "asked":
            if one.reason != AGAIN and attempted(item.text, one.kind):
                one.reason, one.touched = AGAIN, True
                return _heard(one, "unclear")
            return None
        if _is_comment(work, item, one):
            one.comment, one.touched = item.text[:COMMENT_LENGTH], True
            return _heard(one, "comment")
        return None

    def _scored(self, work: Work, one: Open, score: int) -> Heard:
        one.state, one.score, one.answered_at, one.touched = "answered", score, work.at, True
        self.events.append((work, one, score))
        return _heard(one, "score", score)

    def write(self) -> list[tuple[Any, ...]]:
        """Store what was answered; return the rows of history that tell of it."""
        touched = [one for asked in self.open.values() for one in asked if one.touched]
        if touched:
            with prepared.cursor() as cursor:
                cursor.execute(KEEP, [list(column) for column in zip(*map(_row, touched), strict=True)])
        return [_event(*one) for one in self.events]


def _row(one: Open) -> tuple[Any, ...]:
    return one.id, one.state, one.reason, one.score, one.answered_at, one.comment


def _event(work: Work, one: Open, score: int) -> tuple[Any, ...]:
    data = {
        "survey": one.kind,
        "score": score,
        "touchpoint": one.touchpoint,
        "agent": one.agent_email or None,
        "request": str(one.id),
        "by": "customer",
    }
    return (
        work.channel.workspace_id, work.customer_id, one.conversation_id, None, "survey.answered", work.at,
        work.received_at, "novelo", work.channel.kind, work.channel.id, "customer", "", False, data,
    )  # fmt: skip


def _heard(one: Open, part: str, score: int | None = None) -> Heard:
    assert one.conversation_id is not None
    mark: dict[str, Any] = {"request": str(one.id), "survey": one.kind, "touchpoint": one.touchpoint, "part": part}
    return Heard(one.conversation_id, mark if score is None else mark | {"score": score})


def _may_be_typed(work: Work, one: Open, episodes: Sequence[Episode]) -> bool:
    """Whether words can mean this question: on its channel, nobody has spoken since, and no newer conversation has begun."""
    latest = max(episodes, key=lambda entry: entry.opened_at)
    return one.channel_id == work.channel.id and not one.overtaken and latest.id == one.conversation_id


def _is_comment(work: Work, item: MessageReceived, one: Open) -> bool:
    """Whether a text is the comment that was asked for: the first one after the score, within a day, and no question."""
    if one.answered_at is None or one.comment or not item.text.strip() or "?" in item.text:
        return False
    return item.kind == "text" and timedelta() <= work.at - one.answered_at <= COMMENTS_FOR

"""A trial run: what a rule would have done over the last week, decided by the very function that decides in earnest."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.utils import timezone

from conversations.automation import facts as seen
from conversations.automation.deciding import decide
from conversations.automation.firing import Ready, conversation_of
from conversations.models import HistoryEvent
from conversations.perform import word_of
from hub.models import Workspace

WEEK = timedelta(days=7)
MOST_EVENTS = 2_000
MOST_SHOWN = 100


class Match(msgspec.Struct, frozen=True):
    """An event at which the rule would have fired, or was held back by what cuts loops (``held``)."""

    event_id: int
    at: datetime
    conversation_id: UUID
    customer: str
    held: str


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial came to: ``looked_at`` events since ``since``, how many ``fired`` and what each would have ``done``.

    ``matches`` are the newest; ``cut`` whether there were more events than are looked at. Conversations are judged as they
    stand now, working hours as they were.
    """

    since: datetime
    looked_at: int
    fired: int
    done: tuple[str, ...]
    matches: tuple[Match, ...]
    cut: bool


def dry_run(workspace: Workspace, event: str, rule: Ready) -> Trial:
    """Return what the rule would have done; nothing is done and nothing is written down."""
    since = timezone.now() - WEEK
    events = HistoryEvent.objects.of(workspace).filter(type=event, occurred_at__gte=since, source="novelo")
    rows = list(
        events.exclude(conversation=None)
        .exclude(data__contains={"kind": "survey"})
        .exclude(data__contains={"imported": True})
        .order_by("-id")[: MOST_EVENTS + 1]
    )
    hours = seen.hours_of(workspace)
    before: dict[UUID, list[datetime]] = {}
    matches: list[Match] = []
    for row in reversed(rows[:MOST_EVENTS]):
        if not seen.may_hold(rule.conditions, row) or (talk := conversation_of(workspace, row)) is None:
            continue
        fired = before.setdefault(talk.pk, [])
        facts = msgspec.structs.replace(seen.facts_of(workspace, row, talk, hours), fired_at=tuple(fired))
        decision = decide(rule.conditions, facts, seen.depth_of(row))
        if decision.fires:
            fired.append(row.occurred_at)
        if decision.fires or decision.held != "condition":
            matches.append(Match(row.pk, row.occurred_at, talk.pk, talk.customer.name, decision.held))
    return Trial(
        since=since,
        looked_at=min(len(rows), MOST_EVENTS),
        fired=sum(not one.held for one in matches),
        done=tuple(word_of(action) for action in rule.actions),
        matches=tuple(reversed(matches[-MOST_SHOWN:])),
        cut=len(rows) > MOST_EVENTS,
    )

"""Opportunities: opened, moved from stage to stage, won or lost, told from events and never from what is there now (K20, K21)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from metrics.persons.money import Purse, amount_of
from metrics.persons.records import Event, Opportunity, Stage

MICROSECOND = timedelta(microseconds=1)
ENDS = {"opportunity.won": "won", "opportunity.lost": "lost"}


def opportunities(story: Sequence[Event], purse: Purse) -> tuple[list[Opportunity], list[Stage]]:
    """Return the opportunities of a person's history, told apart by source and number, and their stays in stages."""
    groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in story:
        if event.type.startswith("opportunity.") and event.text("opportunity"):
            groups[event.key("opportunity")].append(event)
    found, stays = [], []
    for events in groups.values():
        one = _opportunity(events, purse)
        found.append(one)
        stays += _stages(one, events)
    return found, stays


def _opportunity(events: Sequence[Event], purse: Purse) -> Opportunity:
    opening = next((event for event in events if event.type == "opportunity.opened"), events[0])
    end: Event | None = None
    for event in events:
        if event.type in ENDS:
            end = end or event  # a second end of what has ended says nothing
        elif event.type == "opportunity.opened" and event is not opening:
            end = None
    opened_at = min(opening.at, end.at) if end else opening.at
    valued = next((event for event in reversed(events) if amount_of(event.data.get("value")) is not None), opening)
    return Opportunity(
        id=min(event.id for event in events),
        source=opening.source,
        number=opening.text("opportunity", 255),
        channel_kind=opening.channel_kind,
        owner=next((word for event in reversed(events) if (word := _owner(event))), ""),
        opened_at=opened_at,
        closed_at=end.at if end else None,
        outcome=ENDS[end.type] if end else "open",
        stage=next((word for event in reversed(events) if (word := event.text("stage", 80))), ""),
        reason=end.text("reason", 200) if end else "",
        amount=purse.worth(
            amount_of(valued.data.get("value")), valued.text("currency", 3).upper() or purse.currency, opened_at
        ),
        elapsed=_between(opened_at, end.at) if end else None,
    )


def _owner(event: Event) -> str:
    return event.text("owner", 254) or event.agent


def _stages(one: Opportunity, events: Sequence[Event]) -> list[Stage]:
    """Cut an opportunity into its stays: a stage that was seen before is gone back to."""
    found: list[Stage] = []
    seen: list[str] = []
    current: Event | None = None
    owner = ""

    def leave(event: Event, outcome: str) -> None:
        if current is not None:
            found.append(_stage(one, current, owner, event.at, outcome))

    for event in events:
        stage = event.text("stage", 80)
        if event.type in ENDS:
            leave(event, ENDS[event.type])
            current = None
        elif stage and (current is None or stage != current.text("stage", 80)):
            leave(event, "back" if stage in seen else "advanced")
            current = event
            seen = seen[: seen.index(stage)] if stage in seen else seen
            seen.append(stage)
        owner = _owner(event) or owner
    if current is not None:
        found.append(_stage(one, current, owner, None, "open"))
    return found


def _stage(one: Opportunity, entered: Event, owner: str, left_at: datetime | None, outcome: str) -> Stage:
    return Stage(
        id=entered.id,
        opportunity_id=one.id,
        stage=entered.text("stage", 80),
        channel_kind=one.channel_kind,
        owner=owner or one.owner,
        entered_at=entered.at,
        left_at=left_at,
        outcome=outcome,
        elapsed=_between(entered.at, left_at) if left_at else None,
    )


def _between(start: datetime, end: datetime) -> int:
    return (end - start) // MICROSECOND

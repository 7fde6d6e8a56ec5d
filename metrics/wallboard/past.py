"""The last hour minute by minute and the same hour a week ago, from stays, from presence and from what was said of promises."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db.models import Q

from conversations.models import Conversation, HistoryEvent
from hub.models import Membership, Presence, Workspace
from hub.routing import weights
from metrics.models import StayFact, WaitFact

MINUTES = 60
MINUTE, HOUR, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=7)
FRESH_SECONDS = 10.0
Series = tuple[float | None, ...]
Span = tuple[datetime, datetime | None]
_kept: dict[UUID, tuple[float, Past]] = {}


class Share(msgspec.Struct, frozen=True):
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share; none of nothing."""
        return self.part / self.whole if self.whole else None


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """An hour, a value each minute: seconds of the longest wait, conversations waiting and in hand, shares of the hour before.

    ``available`` counts who was online with room left; None where nobody's presence is known.
    """

    queue: Series
    longest: Series
    serving: Series
    available: Series
    sla: Series
    abandonment: Series
    kept: Share
    left: Share


class Past(msgspec.Struct, frozen=True):
    """The hour that ends now, and the one a week ago."""

    last: Hour
    before: Hour


def past(workspace: Workspace, at: datetime) -> Past:
    """Return both hours, as of the last seconds: fourteen queries when they are read anew."""
    known = _kept.get(workspace.pk)
    if known and time.monotonic() - known[0] < FRESH_SECONDS:
        return known[1]
    found = Past(hour(workspace, at), hour(workspace, at - WEEK))
    _kept[workspace.pk] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Let the next look read anew."""
    _kept.clear()


def hour(workspace: Workspace, end: datetime) -> Hour:
    """Return the hour that ended at ``end``: seven queries."""
    start = end - 2 * HOUR
    spans: dict[str, list[Span]] = {"queue": [], "held": []}
    carried: dict[str, list[tuple[Span, str]]] = defaultdict(list)
    left: list[tuple[datetime, bool]] = []
    lasting = Q(ended_at__gte=start) | Q(ended_at=None)
    stays = StayFact.objects.of(workspace).filter(lasting, kind__in=spans, started_at__lte=end)
    fields = ("kind", "started_at", "ended_at", "outcome", "agent", "channel_kind")
    for kind, begun, ended, outcome, agent, channel in stays.values_list(*fields):
        spans[kind].append((begun, ended))
        if kind == "held":
            carried[agent].append(((begun, ended), channel))
        if kind == "queue" and ended and ended <= end and outcome in {"abandoned", "taken"}:
            left.append((ended, outcome == "abandoned"))
    kept = promises(workspace, start, end)
    ticks = [end - MINUTE * place for place in reversed(range(MINUTES))]
    waits = [[tick - span[0] for span in spans["queue"] if _lasts(span, tick)] for tick in ticks]
    return Hour(
        queue=tuple(float(len(one)) for one in waits),
        longest=tuple(max((wait.total_seconds() for wait in one), default=0.0) for one in waits),
        serving=tuple(float(sum(_lasts(span, tick) for span in spans["held"])) for tick in ticks),
        available=available(workspace, ticks, carried),
        sla=tuple(share(kept, tick).value for tick in ticks),
        abandonment=tuple(share(left, tick).value for tick in ticks),
        kept=share(kept, end),
        left=share(left, end),
    )


def _lasts(span: Span, tick: datetime) -> bool:
    begun, ended = span
    return begun <= tick and (not ended or ended > tick)


def available(
    workspace: Workspace, ticks: Sequence[datetime], carried: Mapping[str, Sequence[tuple[Span, str]]]
) -> Series:
    """Return how many were online with room left at each tick; ``carried`` is what each had in hand, and of which kind of channel.

    What they may carry and what a conversation weighs is as of now. Three queries; nobody stays for a week without a change.
    """
    told = (
        HistoryEvent.objects.of(workspace)
        .filter(type="presence.changed")
        .order_by("actor_email", "-occurred_at", "-id")
    )
    before = told.filter(occurred_at__gt=ticks[0] - WEEK, occurred_at__lte=ticks[0]).distinct("actor_email")
    since = told.filter(occurred_at__gt=ticks[0], occurred_at__lte=ticks[-1])
    changes = [row for rows in (since, before) for row in rows.values_list("actor_email", "occurred_at", "data__to")]
    if not changes:
        return (None,) * len(ticks)
    heavy = weights(workspace)
    rooms = dict(Membership.objects.of(workspace).values_list("user__email", "capacity"))
    counts = [0.0] * len(ticks)
    for agent in {email for email, _at, _to in changes} & rooms.keys():
        own = [(at, to) for email, at, to in changes if email == agent]  # the latest first
        for place, tick in enumerate(ticks):
            state = next((to for at, to in own if at <= tick), "")
            load = sum(heavy.get(kind, 1) for span, kind in carried.get(agent, ()) if _lasts(span, tick))
            counts[place] += state == Presence.ONLINE and load < rooms[agent]
    return tuple(counts)


def share(told: Iterable[tuple[datetime, bool]], end: datetime) -> Share:
    """Return how many of those told within the hour before ``end`` are so."""
    inside = [yes for at, yes in told if end - HOUR < at <= end]
    return Share(sum(inside), len(inside))


def promises(workspace: Workspace, start: datetime, end: datetime) -> list[tuple[datetime, bool]]:
    """Return when promises of an answer were decided, and whether they were kept."""
    waits = WaitFact.objects.of(workspace).filter(ended_at__gte=start, ended_at__lte=end).values("conversation_id")
    late = Conversation.objects.of(workspace).unresolved().filter(due_at__gte=start, due_at__lte=end).values("pk")
    told = HistoryEvent.objects.of(workspace).filter(
        Q(conversation__in=waits) | Q(conversation__in=late),
        type__in=["sla.met", "sla.breached"], occurred_at__gte=start, occurred_at__lte=end,
    )  # fmt: skip
    rows = told.values_list("occurred_at", "type", "data__promise")
    return [(at, word == "sla.met") for at, word, promise in rows if promise != "resolution"]


def decided(workspace: Workspace, at: datetime) -> list[UUID]:
    """Return the conversations in which a promise was broken within the last hour, the latest first."""
    late = Conversation.objects.of(workspace).filter(due_at__gt=at - HOUR, due_at__lte=at).values("pk")
    waits = WaitFact.objects.of(workspace).filter(ended_at__gt=at - HOUR, ended_at__lte=at).values("conversation_id")
    told = HistoryEvent.objects.of(workspace).filter(
        Q(conversation__in=waits) | Q(conversation__in=late), type="sla.breached", occurred_at__gt=at - HOUR
    )
    return _once(told.order_by("-occurred_at").values_list("conversation_id", flat=True))


def abandoned(workspace: Workspace, at: datetime) -> list[UUID]:
    """Return the conversations that were left waiting and closed within the last hour, the latest first."""
    stays = StayFact.objects.of(workspace).filter(kind="queue", outcome="abandoned", ended_at__gt=at - HOUR)
    return _once(stays.order_by("-ended_at").values_list("conversation_id", flat=True))


def _once(ids: Iterable[UUID | None]) -> list[UUID]:
    return list(dict.fromkeys(one for one in ids if one))


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of what is known."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None

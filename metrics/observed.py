"""Observed: what a fact counts for in the cells: at which instant, on which channel, by whom, how long, and of which person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from struct import Struct

import msgspec
import numpy as np

from metrics.binary import Row
from metrics.facts import EPISODES, VOLUMES, WAITS, Table
from metrics.persons.records import Order, Touch
from metrics.persons.rows import SURVEYS, TABLES as OF_PEOPLE
from metrics.wallclock import WallClock

SOLD, TOUCHED = (next(table for table in OF_PEOPLE if table.fact is fact) for fact in (Order, Touch))
# The answers a rate or score puts above the line, by the name of their measure.
SAID = {"csat": {"csat_over": range(4, 6)}, "nps": {"nps_over": range(9, 11), "nps_under": range(7)}}
# Who did something: distinct people cannot be added up, so these measures keep who, when, and which of their sales it was.
MEMBER = np.dtype([("head", ">u8"), ("tail", ">u8"), ("at", ">i8"), ("place", ">u4")])
PACKED = Struct(">16sqI")
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Observation(msgspec.Struct, frozen=True, gc=False):
    """What a fact adds to cells. ``agent`` None: nobody can be; ``elapsed`` None: a count; ``member``: a packed ``MEMBER``."""

    measure: str
    at: datetime
    channel_kind: str
    agent: str | None = None
    elapsed: int | None = None
    member: bytes | None = None


type Observations = Sequence[Observation]


def changes(table: Table, old: Row | None, new: Row | None, clock: WallClock) -> tuple[Observations, Observations]:
    """Return what a row of facts that became another counts for no longer, and what besides.

    ``clock`` says when days begin. Most of what a conversation counted for it still counts for: that is in neither.
    """
    before: Observations = ()
    after: Observations = ()
    if table is VOLUMES:
        known = _said_in_both(old, new)
        before = _of_volume(old, clock, known) if old else ()
        after = _of_volume(new, clock, known) if new else ()
    elif observe := OBSERVE.get(table):
        before = observe(old) if old else ()
        after = observe(new) if new else ()
    same = alike(before, after)
    return before[same:], after[same:]


def alike(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many things both begin with."""
    most = min(len(one), len(other))
    if not most or one[:most] == other[:most]:
        return most
    return next(place for place in range(most) if one[place] != other[place])


def _columns(table: Table, *names: str) -> Callable[[Row], Row]:
    """Return what takes these columns out of a row."""
    return itemgetter(*map(table.columns.index, names))


WAIT = _columns(WAITS, "outcome", "ended_at", "channel_kind", "agent", "elapsed")
OPENING = _columns(EPISODES, "channel_kind", "opened_by_customer", "opened_at", "response", "resolved_at")
RESPONSE = _columns(EPISODES, "responded_at", "channel_kind", "response_agent", "response_elapsed")
RESOLUTION = _columns(EPISODES, "resolved_at", "channel_kind", "resolver", "resolution_elapsed")
CARED_FOR = _columns(EPISODES, "answered", "resolved_by")
VOLUME = _columns(VOLUMES, "customer_id", "channel_kind", "inbound", "outbound")
SURVEY = _columns(SURVEYS, "survey", "answered_at", "channel_kind", "agent", "counts", "score")
SALE = _columns(SOLD, "customer_id", "paid_at", "channel_kind", "position")
TOUCH = _columns(TOUCHED, "customer_id", "at", "channel_kind")


def _of_wait(row: Row) -> Observations:
    outcome, *reply = WAIT(row)
    return [Observation("reply", *reply)] if outcome == "answered" else ()


def _of_episode(row: Row) -> Observations:
    channel, by_customer, opened_at, response, resolved_at = OPENING(row)
    found = [Observation("conversations", opened_at, channel)] if by_customer else []
    if response == "answered":
        found.append(Observation("first_response", *RESPONSE(row)))
    if resolved_at:
        answered, by = CARED_FOR(row)
        if answered or by != "rule":
            found.append(Observation("resolution", *RESOLUTION(row)))
    return found


def _said_in_both(old: Row | None, new: Row | None) -> tuple[int, int]:
    """Return how many messages that came in and went out both rows begin with: a busy day's are not counted anew for each."""
    if old is None or new is None:
        return 0, 0
    customer, channel, inbound, outbound = VOLUME(old)
    new_customer, new_channel, new_inbound, new_outbound = VOLUME(new)
    if (customer, channel) != (new_customer, new_channel):
        return 0, 0
    return alike(inbound, new_inbound), alike(outbound, new_outbound)


def _of_volume(row: Row, clock: WallClock, known: tuple[int, int]) -> Observations:
    """Count the person once a day, by the first thing they wrote in it, and every message that is not known."""
    customer, channel, inbound, outbound = VOLUME(row)
    return [
        *(Observation("touch", at, channel, member=member(customer, at)) for at in _first_of_days(inbound, clock)),
        *(Observation("inbound", at, channel) for at in inbound[known[0] :]),
        *(Observation("outbound", at, channel) for at in outbound[known[1] :]),
    ]


def _first_of_days(ordered: Sequence[datetime], clock: WallClock) -> Sequence[datetime]:
    if len(ordered) < 2:
        return ordered
    day = clock.shows(ordered[0]).toordinal()
    if clock.shows(ordered[-1]).toordinal() == day:
        return ordered[:1]
    # A day of UTC is cut by one midnight at most.
    return ordered[0], next(at for at in ordered if clock.shows(at).toordinal() != day)


def _of_survey(row: Row) -> Observations:
    survey, answered_at, channel, agent, counts, score = SURVEY(row)
    if not counts or answered_at is None or score is None:
        return ()
    over = (name for name, scores in SAID[survey].items() if score in scores)
    return [Observation(name, answered_at, channel, agent) for name in (survey, *over)]


def _of_sale(row: Row) -> Observations:
    customer, paid_at, channel, position = SALE(row)
    if customer is None or paid_at is None or position is None:
        return ()
    return [Observation("sale", paid_at, channel, member=member(customer, paid_at, position))]


def _of_touch(row: Row) -> Observations:
    customer, at, channel = TOUCH(row)
    return [Observation("touch", at, channel, member=member(customer, at))] if customer else ()


OBSERVE = {WAITS: _of_wait, EPISODES: _of_episode, SURVEYS: _of_survey, SOLD: _of_sale, TOUCHED: _of_touch}
COUNTED = (*OBSERVE, VOLUMES)


def member(customer: bytes, at: datetime, place: int = 0) -> bytes:
    """Pack who did something, when, and as which of their sales; packed, the same person's stand together and in order."""
    return PACKED.pack(customer, (at - EPOCH) // MICROSECOND, place)

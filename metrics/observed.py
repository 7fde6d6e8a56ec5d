"""Observed: what a fact counts for in the cells: at which instant, on which channel, by whom, how long, and of which person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from metrics.facts import STAYS, TABLES, Row, Table
from metrics.persons.records import Order, Survey, Touch
from metrics.persons.rows import SURVEYS, TABLES as OF_PEOPLE
from metrics.records import Episode, Volume, Wait

SOLD, TOUCHED = (next(table for table in OF_PEOPLE if table.fact is fact) for fact in (Order, Touch))
COUNTED = (*(table for table in TABLES if table is not STAYS), SURVEYS, SOLD, TOUCHED)
# The answers a rate or score puts above the line, by the name of their measure.
SAID = {"csat": {"csat_over": range(4, 6)}, "nps": {"nps_over": range(9, 11), "nps_under": range(7)}}
# Who did something: distinct people cannot be added up, so these measures keep who, when, and which of their sales it was.
MEMBER = np.dtype([("head", ">u8"), ("tail", ">u8"), ("at", ">i8"), ("place", ">u4")])
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Observation(NamedTuple):
    """What a fact adds to cells. ``agent`` None: nobody can be; ``elapsed`` None: a count; ``member``: a packed ``MEMBER``."""

    measure: str
    at: datetime
    channel_kind: str
    agent: str | None = None
    elapsed: int | None = None
    member: bytes | None = None


def observations(table: Table, row: Row | None, zone: ZoneInfo) -> list[Observation]:
    """Return what a row of facts counts for; ``zone`` says when its days begin."""
    if row is None or table not in COUNTED:
        return []
    fact = table.fact._make(row[len(table.owner) :])
    if isinstance(fact, Wait):
        return list(_of_wait(fact))
    if isinstance(fact, Episode):
        return list(_of_episode(fact))
    if isinstance(fact, Volume):
        return list(_of_volume(fact, row[1], zone))
    if isinstance(fact, Survey):
        return list(_of_survey(fact))
    return list(_of_person(fact, row[0]))


def _of_wait(wait: Wait) -> Iterator[Observation]:
    if wait.outcome == "answered" and wait.ended_at:
        yield Observation("reply", wait.ended_at, wait.channel_kind, wait.agent, wait.elapsed)


def _of_episode(whole: Episode) -> Iterator[Observation]:
    channel = whole.channel_kind
    if whole.opened_by_customer:
        yield Observation("conversations", whole.opened_at, channel)
    if whole.response == "answered" and whole.responded_at:
        yield Observation("first_response", whole.responded_at, channel, whole.response_agent, whole.response_elapsed)
    if whole.resolved_at and (whole.answered or whole.resolved_by != "rule"):
        yield Observation("resolution", whole.resolved_at, channel, whole.resolver, whole.resolution_elapsed)


def _of_volume(volume: Volume, customer: str, zone: ZoneInfo) -> Iterator[Observation]:
    """Count every message, and the person once a day: by the first thing they wrote in it."""
    channel = volume.channel_kind
    for at in volume.inbound:
        yield Observation("inbound", at, channel)
    for at in volume.outbound:
        yield Observation("outbound", at, channel)
    for at in _first_of_days(volume.inbound, zone):
        yield Observation("touch", at, channel, member=member(customer, at))


def _first_of_days(ordered: tuple[datetime, ...], zone: ZoneInfo) -> Iterator[datetime]:
    if ordered:
        yield ordered[0]
    if len(ordered) > 1:  # a day of UTC is cut by one midnight at most
        day = ordered[0].astimezone(zone).date()
        if ordered[-1].astimezone(zone).date() != day:
            yield next(at for at in ordered if at.astimezone(zone).date() != day)


def _of_survey(survey: Survey) -> Iterator[Observation]:
    if survey.answered_at and survey.counts and survey.score is not None:
        over = (name for name, scores in SAID[survey.survey].items() if survey.score in scores)
        for name in (survey.survey, *over):
            yield Observation(name, survey.answered_at, survey.channel_kind, survey.agent)


def _of_person(fact: Order | Touch, customer: str | None) -> Iterator[Observation]:
    if customer is None:
        return
    if isinstance(fact, Touch):
        yield Observation("touch", fact.at, fact.channel_kind, member=member(customer, fact.at))
    elif fact.position is not None and fact.paid_at:
        yield Observation("sale", fact.paid_at, fact.channel_kind, member=member(customer, fact.paid_at, fact.position))


def member(customer: str, at: datetime, place: int = 0) -> bytes:
    """Pack who did something, when, and as which of their sales; packed, the same person's stand together and in order."""
    instant = (at - EPOCH) // MICROSECOND
    return UUID(customer).bytes + instant.to_bytes(8, "big", signed=True) + place.to_bytes(4, "big")

"""Sessions: which conversation of a person a survey speaks of that came from outside and names none; pure, as derive is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from metrics.derive import between_people
from metrics.records import Happening

RECENT = timedelta(days=30)  # who is asked longer after the last word is asked about no conversation

type Talk = tuple[bytes, bytes, Sequence[Happening]]  # a conversation, whose it is, and what happened in it


class Session(NamedTuple):
    """What the customer and people of the house said in a conversation, in order and never nothing."""

    conversation_id: bytes
    said: tuple[Happening, ...]

    @property
    def agent(self) -> str:
        """Who of the house wrote last; empty when nobody did."""
        return next((one.agent for one in reversed(self.said) if one.type == "message.sent"), "")

    @property
    def channel_kind(self) -> str:
        """Where that was written; where it was opened when nobody of the house wrote."""
        return next((one for one in reversed(self.said) if one.type == "message.sent"), self.said[0]).channel_kind


def sessions(talks: Iterable[tuple[bytes, Iterable[Happening]]]) -> list[Session]:
    """Return the conversations in which something was said, by their opening; notes and what finally failed says nothing."""
    found = (Session(key, tuple(between_people(story))) for key, story in talks)
    return sorted((one for one in found if one.said), key=lambda one: (one.said[0].at, one.said[0].id))


def spoken_of(among: Sequence[Session], at: datetime) -> Session | None:
    """Return the session that is asked about at an instant, as it was then: the one opened last, if it is recent."""
    last = next((one for one in reversed(among) if one.said[0].at <= at), None)
    if last is None:
        return None
    then = last._replace(said=tuple(one for one in last.said if one.at <= at))
    return then if at - then.said[-1].at <= RECENT else None

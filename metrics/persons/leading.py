"""Leading: the touches that led to each sale of a person, by channel (R10); pure, as derive is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from metrics.persons.records import Journey, Order, Touch
from metrics.records import Volume

GAP = timedelta(days=30)  # a journey's touches lie no further apart, nor the last from the sale
LOOK_BACK = timedelta(days=90)  # no touch before this has a share in a sale
HALF_LIFE = timedelta(days=7)


class Contact(NamedTuple):
    """A touch, as its place on the way is told; ``direct``: came to the site, and nothing says from where."""

    at: datetime
    id: int
    channel_kind: str
    direct: bool


def journeys(bought: Iterable[Order], touched: Iterable[Touch], said: Iterable[Volume]) -> Iterator[Journey]:
    """Yield what led to each of a person's sales that anything led to; a journey ends at the sale before.

    ``said`` are the messages of all the person's conversations.
    """
    sales = sorted((one.paid_at, one.id) for one in bought if one.paid_at and one.position is not None)
    contacts = sorted(_contacts(touched, said)) if sales else []
    begin = 0
    for paid_at, number in sales:
        end = bisect_right(contacts, paid_at, lo=begin, key=lambda one: one.at)
        if led := _led(contacts[begin:end], paid_at):
            yield _journey(number, paid_at, led)
        begin = end


def _contacts(touched: Iterable[Touch], said: Iterable[Volume]) -> Iterator[Contact]:
    for touch in touched:
        yield Contact(touch.at, touch.id, touch.channel_kind, touch.kind == "web.visit" and not touch.campaign)
    for volume in said:
        for at in volume.inbound:
            yield Contact(at, volume.id, volume.channel_kind, direct=False)


def _led(contacts: Sequence[Contact], paid_at: datetime) -> Sequence[Contact]:
    """Return those that lie close enough together before the sale, and not too long before it."""
    first, following = len(contacts), paid_at
    while first and following - contacts[first - 1].at <= GAP and paid_at - contacts[first - 1].at <= LOOK_BACK:
        first -= 1
        following = contacts[first].at
    return contacts[first:]


def _journey(number: int, paid_at: datetime, led: Sequence[Contact]) -> Journey:
    counts: dict[str, int] = {}
    worth: dict[str, float] = {}
    for one in led:
        channel = one.channel_kind
        counts[channel] = counts.get(channel, 0) + 1
        worth[channel] = worth.get(channel, 0.0) + 2.0 ** ((one.at - paid_at) / HALF_LIFE)
    channels, whole = tuple(counts), sum(worth.values())
    sought = next((one for one in reversed(led) if not one.direct), led[-1])
    return Journey(
        id=number,
        touches=len(led),
        last=channels.index(led[-1].channel_kind) + 1,
        sought=channels.index(sought.channel_kind) + 1,
        channels=channels,
        counts=tuple(counts.values()),
        fresh=tuple(one / whole for one in worth.values()),
    )

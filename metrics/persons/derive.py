"""Derive: the pure function from one person's history to their facts; it knows the rules of measuring and no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metrics.persons.answers import benefits, costs, surveys, touches
from metrics.persons.carts import carts, links
from metrics.persons.leading import journeys
from metrics.persons.money import Purse
from metrics.persons.opportunities import opportunities
from metrics.persons.orders import orders
from metrics.persons.records import RANK, Event, Facts
from metrics.persons.sessions import Session
from metrics.records import Volume

NOTHING = Facts()


def derive(
    events: Iterable[Event], purse: Purse, sessions: Sequence[Session] = (), said: Sequence[Volume] = ()
) -> Facts:
    """Return the facts of one person, or, from its costs, those of a workspace.

    ``sessions`` are the person's conversations by their opening: of them speak surveys told from elsewhere. ``said`` is what
    was said in all of them: some of it led to sales.

    The events may come in any order and repeated: they are told apart by id. Times are the source's; at one instant the
    natural order of buying decides.
    """
    known = {event.id: event for event in events if event.type in RANK}
    if not known:
        return NOTHING
    story = sorted(known.values(), key=lambda event: (event.at, RANK[event.type], event.id))
    bought, money = orders(story, purse)
    touched = tuple(touches(story))
    sought, stays = opportunities(story, purse)
    return Facts(
        orders=tuple(bought),
        movements=tuple(money),
        carts=tuple(carts(story, bought, purse)),
        links=tuple(links(story, purse)),
        opportunities=tuple(sought),
        stages=tuple(stays),
        benefits=tuple(benefits(story)),
        surveys=tuple(surveys(story, sessions)),
        touches=touched,
        journeys=tuple(journeys(bought, touched, said)),
        costs=tuple(costs(story, purse)),
    )

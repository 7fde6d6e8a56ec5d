"""From bytes to items: a connection's deliveries in order, each item on its sender's lane, what nobody can use set aside."""

from conversations.parse.again import replay, replay_lost
from conversations.parse.places import lane_of
from conversations.parse.turns import ANY_UNREAD, Brought, Source, Turn, bring, somebody_parses

__all__ = [
    "ANY_UNREAD",
    "Brought",
    "Source",
    "Turn",
    "bring",
    "lane_of",
    "replay",
    "replay_lost",
    "somebody_parses",
]

"""Doing things to a conversation by a list of acts: what rules and macros have in common. Composes the rooms that do each.

``read`` and ``check`` before a list is kept, ``perform`` to do it.
"""

from conversations.perform.doing import Doer, Performed, Step, check, perform
from conversations.perform.vocabulary import MOST_ACTIONS, VARIABLE, VARIABLES, Action, filled, read, word_of, write

__all__ = [
    "MOST_ACTIONS",
    "VARIABLE",
    "VARIABLES",
    "Action",
    "Doer",
    "Performed",
    "Step",
    "check",
    "filled",
    "perform",
    "read",
    "word_of",
    "write",
]

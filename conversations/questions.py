"""How large a question a kind of channel takes: found once by asking its adapter, which alone knows its vendor's limits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from conversations.channels import content
from conversations.channels.content import Buttons, Choice, Interactive, Menu, Section
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Outbound

MOST_CHOICES = 12
LONGEST_TITLE = 80


@cache
def limits_of(kind: str) -> dict[str, int]:
    """Return how many ``buttons`` and list ``rows`` a kind of channel takes, and how long their titles may be; 0 for none."""
    buttons = _most(MOST_CHOICES, lambda n: _takes(kind, Buttons(choices=_choices(n, 1))))
    rows = _most(MOST_CHOICES, lambda n: _takes(kind, _menu(_choices(n, 1))))
    return {
        "buttons": buttons,
        "button_title": _most(LONGEST_TITLE, lambda n: _takes(kind, Buttons(choices=_choices(1, n)))) if buttons else 0,
        "rows": rows,
        "row_title": _most(LONGEST_TITLE, lambda n: _takes(kind, _menu(_choices(1, n)))) if rows else 0,
    }


def _most(most: int, fits: Callable[[int], bool]) -> int:
    return next((n for n in range(most, 0, -1) if fits(n)), 0)


def _takes(kind: str, asked: Interactive) -> bool:
    adapter = CHANNELS.get(kind)
    if adapter is None or "interactive" not in adapter.can_send:
        return False
    outbound = Outbound(account="", to=(), our_id="", kind="interactive", text="?", payload=content.payload(asked))
    return adapter.objection(outbound) is None


def _choices(number: int, length: int) -> tuple[Choice, ...]:
    """Return choices of titles of this length, each another."""
    return tuple(Choice(id=str(n), title=chr(ord("a") + n) * length) for n in range(number))


def _menu(choices: tuple[Choice, ...]) -> Menu:
    return Menu(button="a", sections=(Section(rows=choices),))

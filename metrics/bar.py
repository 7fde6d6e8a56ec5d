"""Bar: what stands above every page of figures: boards, period, comparison, filters, clock and zone, each as an address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from django.db.models import Q
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.models import Channel
from hub.access import Caller
from hub.models import Membership, Team
from metrics import period, who, words
from metrics.asked import COMPARED, Asked
from metrics.layouts import BOARDS
from metrics.models import Cell, SavedDashboard
from metrics.registry import Metric
from metrics.who import Name

ZONES = ("UTC", "America/Sao_Paulo", "America/Manaus", "America/Rio_Branco", "America/Noronha", "Europe/Lisbon")
LIVE = "/wallboard/"


class Link(NamedTuple):
    """Somewhere a click leads: its title, its address, its key, whether one is there."""

    title: str
    address: str
    letter: str = ""
    current: bool = False
    value: str = ""


def bar(caller: Caller, asked: Asked, page: str, board: str | None) -> dict[str, Any]:
    """Return what the bar of a page shows; ``page`` is its address without words, ``board`` the key of its board if it is one."""
    return {
        "asked": asked,
        "page": page,
        "words": asked.words(),
        **_times(asked, page),
        **_choices(caller, asked, page),
        "boards": _boards(asked, board),
        "hidden": [(name, value) for name, value in _kept(asked) if name not in {"period", "from", "to"}],
        "saved": saved(caller),
        "live": _live(),
    }


def _to(page: str, said: str) -> str:
    return f"{page}?{said}" if said else page


def _times(asked: Asked, page: str) -> dict[str, Any]:
    """Return the periods, the ways to the ones beside, and what can be compared with."""
    span = asked.period
    return {
        "span": words.span(span.first, span.last, timezone.now().astimezone(span.zone).year),
        "periods": [
            Link(str(title), _to(page, asked.words(period=key)), letter, key == span.key)
            for key, (title, letter) in period.TITLES.items()
        ],
        "is_custom": span.key == period.CUSTOM,
        "shifts": [_shift(asked, page, -1), _shift(asked, page, 1)],
        "compares": [
            Link(str(title), _to(page, asked.words(compare=key)), current=key == asked.compare)
            for key, title in COMPARED.items()
        ],
        "compared": str(COMPARED[asked.compare]),
        "compare_toggle": _to(page, asked.words(compare="none" if asked.compare != "none" else "previous")),
    }


def _choices(caller: Caller, asked: Asked, page: str) -> dict[str, Any]:
    """Return what the figures are and can be kept to, on which clock and in which zone they are shown."""
    part = who.part_of(caller.workspace, *asked.kept)
    return {
        "pills": [
            Link(f"{words.dimension(name)}: {part(name, value)}", _to(page, asked.toggled(name, value)))
            for name, values in asked.filters
            for value in values
            if name != "channel" and not page.endswith(f"/agents/{value}/")  # an agent's page is theirs
        ],
        "channels": _links(asked, page, "channel", channel_kinds(caller)),
        "offers": _offers(caller, asked, page),
        "clocks": [
            Link(title, _to(page, asked.words(clock=key)), current=key == asked.clock)
            for key, title in (("elapsed", _("All hours")), ("business", _("Working hours")))
        ],
        "zones": [
            Link(zone, _to(page, asked.words(tz=zone)), current=zone == asked.period.zone.key)
            for zone in dict.fromkeys((asked.workspace.timezone, asked.period.zone.key, *ZONES))
        ],
    }


def variants(asked: Asked, metric: Metric, page: str) -> list[Link]:
    """Return the ways a figure can be measured, the first without a word of its own."""
    chosen = metric.variant or next((one.id for one in metric.variants), "")
    return [
        Link(str(one.title), _to(page, asked.words(variant=one.id if place else None)), current=one.id == chosen)
        for place, one in enumerate(metric.variants)
    ]


def _boards(asked: Asked, board: str | None) -> list[Link]:
    said = asked.words(show=None, agent=None, variant=None)
    return [
        Link(
            str(layout.title),
            (reverse("board", args=[key]) if key else reverse("metrics")) + (f"?{said}" if said else ""),
            current=key == board,
        )
        for key, layout in BOARDS.items()
    ]


def _shift(asked: Asked, page: str, by: int) -> Link:
    moved = asked.period.shifted(by)
    own = {"period": period.CUSTOM, "from": moved.first.isoformat(), "to": moved.last.isoformat()}
    title = _("Earlier") if by < 0 else _("Later")
    known = moved.first >= period.EARLIEST and moved.last <= period.LATEST
    return Link(title, f"{page}?{asked.words(**own)}" if known else page)


def _kept(asked: Asked) -> Iterable[tuple[str, str]]:
    """Return the words of the address one by one, for a form that changes some of them."""
    return parse_qsl(asked.words())


def _offers(caller: Caller, asked: Asked, page: str) -> list[tuple[str, list[Link]]]:
    """Return what the figures can be kept to beside channels: by the name of the dimension, its values."""
    workspace = caller.workspace
    teams = Team.objects.of(workspace).order_by("name").values_list("name", flat=True)
    agents = (
        Membership.objects.of(workspace).order_by("user__name", "user__email").values_list("user__email", flat=True)
    )
    part = who.part_of(workspace, "agent", "label")
    found = {
        name: _links(asked, page, name, list(values), part)
        for name, values in (("team", teams), ("agent", agents), ("label", who.labels(workspace)))
    }
    return [(words.dimension(name), links) for name, links in found.items() if links]


def _links(asked: Asked, page: str, name: str, values: list[str], part: Name = words.part) -> list[Link]:
    """Return a link each that adds a value to a filter, or takes it away; what the filter holds is always among them."""
    kept = asked.kept.get(name, ())
    return [
        Link(part(name, value), f"{page}?{asked.toggled(name, value)}", current=value in kept, value=value)
        for value in dict.fromkeys((*values, *kept))
    ]


def channel_kinds(caller: Caller) -> list[str]:
    """Return the kinds the workspace has channels or figures of."""
    own = Channel.objects.of(caller.workspace).filter(deleted_at=None).values_list("kind", flat=True)
    told = (
        Cell.objects.of(caller.workspace)
        .filter(measure="conversations", dimension="channel")
        .values_list("value", flat=True)
    )
    return sorted(filter(None, {*own.distinct(), *told.distinct()}))


def saved(caller: Caller) -> list[SavedDashboard]:
    """Return the dashboards somebody kept for themselves or shared."""
    mine = Q(owner=caller.user) if caller.user else Q(pk=None)
    return list(SavedDashboard.objects.of(caller.workspace).filter(mine | Q(is_shared=True)).order_by("name"))


def _live() -> str:
    """Return the address of what happens now; empty while nobody serves it."""
    try:
        resolve(LIVE)
    except Resolver404:
        return ""
    return LIVE

"""The first chapters: the map of the channels, and the journeys of people over them."""

from __future__ import annotations

from collections import Counter

from django.utils.translation import gettext as _

from conversations.channels.registry import CHANNELS
from conversations.models import Channel
from metrics import kinds, words
from metrics.models.plans import STAGES
from metrics.report.asked import Asked
from metrics.report.blocks import Cell, Gaps, Section, Table, interval, plain, said

MOST_ROWS = 20


def channel_map(asked: Asked) -> Section:
    """Return which channels there are, online and offline, with their contact points and volumes."""
    rows = list(Channel.objects.of(asked.workspace).filter(deleted_at=None).order_by("kind", "name"))
    volume, proof = asked("interaction_volume", "channel")
    sales, sold = asked("sales_by_channel", "channel")
    talked = {one.key[0]: one for one in volume.rows}
    paid = {one.key[0]: one for one in sales.rows}
    points = Counter(row.kind for row in rows)
    seen = kinds.of(asked.workspace)
    volumes = tuple(
        (
            Cell(words.channel(kind)),
            Cell(_("offline") if kind in kinds.OFFLINE else _("online")),
            plain(points[kind]),
            Cell(words.count(talked[kind].n), proof) if kind in talked else Cell("—"),
            plain(talked[kind].inbound) if kind in talked else Cell("—"),
            said(sales, paid[kind], sold) if kind in paid else Cell("—"),
        )
        for kind in seen
    )
    heads = (_("Channel"), _("Where"), _("Contact points"), _("Conversations"), _("Messages in"), _("Net sales"))
    contact = tuple(
        (Cell(row.name), Cell(words.channel(row.kind)), Cell(row.address or "—"), Cell(state(row))) for row in rows
    )
    gaps = [_("%(channel)s: not connected") % {"channel": words.channel(kind)} for kind in CHANNELS if kind not in seen]
    if not kinds.OFFLINE & set(seen):
        gaps.append(_("Stores: not connected; no visit or sale of a store has been told"))
    return Section(
        _("Map of the channels"),
        _("Where people can reach the house, and how much happens there in the period."),
        (
            Table(_("Channels and volumes"), heads, volumes, _("No channel is connected.")),
            Table(
                _("Contact points"),
                (_("Name"), _("Channel"), _("Address"), _("State")),
                contact,
                _("No contact point is connected."),
            ),
            Gaps(_("Not connected"), tuple(gaps)),
        ),
    )


def state(row: Channel) -> str:
    """Say whether a channel works."""
    if row.stopped_at:
        reason = (row.stop_reason or {}).get("title", "")
        return _("stopped: %(reason)s") % {"reason": reason} if reason else _("stopped")
    return _("works") if row.last_inbound_at else _("connected, nothing received yet")


def journey(asked: Asked) -> Section:
    """Return how people choose channels, move between them, and where that ends in a sale."""
    return Section(
        _("Journeys"),
        _("Which channels people choose, how they move between them, and what comes of it."),
        (
            _by(asked, "channel_preference", "channel", _("Channel")),
            _pairs(asked, "channel_movement", (_("From"), _("To"), _("Value"), _("Moves"), _("Touches"))),
            _pairs(
                asked,
                "cross_channel_conversion",
                (_("Started on"), _("Paid on"), _("Value"), _("Crossed"), _("Journeys")),
            ),
            _by(asked, "conversion_rate", "channel", _("Channel of the touch")),
            _by(asked, "assisted_conversions", "channel", _("Channel")),
            _totals(asked, "online_to_offline", "offline_to_online", "ropo"),
            _stays(asked, "journey_stages"),
            _stays(asked, "stage_friction"),
        ),
    )


def _by(asked: Asked, name: str, word: str, head: str) -> Table:
    given, proof = asked(name, word)
    metric = given.question.metric
    rows = sorted((one for one in given.rows if one.n), key=lambda one: -one.n)[:MOST_ROWS]
    shown = tuple(
        (
            Cell(words.channel(one.key[0] or "") if "channel" in word else one.key[0] or "—"),
            said(given, one, proof),
            interval(given, one),
            plain(one.n),
        )
        for one in rows
    )
    heads = (head, _("Value"), _("95 % interval"), "n")
    return Table(str(metric.title), heads, shown, _("Nothing counted in the period."), str(metric.definition))


def _pairs(asked: Asked, name: str, heads: tuple[str, ...]) -> Table:
    """Return a figure by pair of channels, the most frequent first."""
    given, proof = asked(name, "from_channel", "to_channel")
    rows = sorted((one for one in given.rows if one.numerator), key=lambda one: -(one.numerator or 0))[:MOST_ROWS]
    shown = tuple(
        (
            Cell(words.channel(one.key[0] or "")),
            Cell(words.channel(one.key[1] or "")),
            said(given, one, proof),
            plain(one.numerator or 0),
            plain(one.denominator or 0),
        )
        for one in rows
    )
    metric = given.question.metric
    return Table(
        str(metric.title), heads, shown, _("No journey crossed channels in the period."), str(metric.definition)
    )


def _stays(asked: Asked, name: str) -> Table:
    """Return how long stays in stages last, and how many go on."""
    given, proof = asked(name, "stage")
    order = {
        stage: place for place, stage in enumerate(STAGES)
    }  # as one goes through them; a pipeline's own as they come
    shown = tuple(
        (Cell(words.part("stage", one.key[0])), said(given, one, proof), plain(one.n), plain(one.censored))
        for one in sorted(given.rows, key=lambda row: order.get(str(row.key[0]), len(order)))
    )
    heads = (_("Stage"), _("Median stay"), "n", _("Still there"))
    metric = given.question.metric
    return Table(str(metric.title), heads, shown, _("Nothing counted in the period."), str(metric.definition))


def _totals(asked: Asked, *names: str) -> Table:
    rows = []
    for name in names:
        given, proof = asked(name)
        if given.total.n:
            title = Cell(str(given.question.metric.title))
            rows.append((title, said(given, given.total, proof), interval(given, given.total), plain(given.total.n)))
    heads = (_("Figure"), _("Value"), _("95 % interval"), "n")
    return Table(_("Online and store"), heads, tuple(rows), _("No sale of identified people in a store or online."))

"""The chapters about the house: all figures together, whom it knows, what is connected, and where training may help."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from conversations.models import Connection
from metrics import told, who, words
from metrics.estimates import wilson
from metrics.models import BenefitFact, CartFact, CostFact, LinkFact, OpportunityFact, OrderFact, SurveyFact, TouchFact
from metrics.query import grouped, values_of
from metrics.registry import METRICS, Lengths, Rate
from metrics.report.asked import Asked
from metrics.report.blocks import Cell, Gaps, Section, Table, interval, plain, said

ENOUGH = 20  # observations of a group below which nothing is said about it
COMPARED = ("first_response_time", "reply_time", "resolution_time", "csat")
SOURCES = """
    WITH RECURSIVE found AS (
        (SELECT source FROM conversations_historyevent WHERE workspace_id = %(workspace)s ORDER BY source LIMIT 1)
        UNION ALL
        SELECT (SELECT source FROM conversations_historyevent WHERE workspace_id = %(workspace)s AND source > found.source
                ORDER BY source LIMIT 1) FROM found WHERE found.source IS NOT NULL
    ) SELECT source FROM found WHERE source IS NOT NULL
"""
PEOPLE = """
    SELECT count(*), count(*) FILTER (WHERE identities > 1), count(*) FILTER (WHERE channels > 1), sum(identities)
    FROM (
        SELECT count(*) AS identities, count(DISTINCT nullif(channel_kind, '')) AS channels
        FROM conversations_identity WHERE workspace_id = %(workspace)s AND replaced_at IS NULL GROUP BY customer_id
    ) AS person
"""


def integrated(asked: Asked) -> Section:
    """Return every figure that anything was counted for, and by name those that nothing was."""
    rows, silent = [], []
    for metric in METRICS.values():
        given, proof = asked(metric.id)
        if not given.total.n:
            silent.append(str(metric.title))
            continue
        value = said(given, given.total, proof)
        rows.append((Cell(str(metric.title)), value, interval(given, given.total), plain(given.total.n)))
    heads = (_("Figure"), _("Value"), _("95 % interval"), "n")
    return Section(
        _("Integrated figures"),
        _("All channels together; each number leads to its receipt, which computes it again."),
        (
            Table(_("Figures of the period"), heads, tuple(rows), _("Nothing was counted in the period.")),
            Gaps(_("Nothing counted in the period"), tuple(silent)),
        ),
    )


def people(asked: Asked) -> Section:
    """Return whom the house knows, over all channels."""
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"workspace": asked.workspace.pk})
        known, joined, crossing, identities = (int(one or 0) for one in cursor.fetchone())
    rows = [
        (_("People known by an address"), known, ""),
        (_("Addresses that belong to them"), identities, ""),
        (_("People with two addresses or more joined"), joined, _share(joined, known)),
        (_("People known on two channels or more"), crossing, _share(crossing, known)),
    ]
    shown = tuple((Cell(title), plain(n), Cell(share or told.NONE, is_number=True)) for title, n, share in rows)
    return Section(
        _("One view of each person"),
        _(
            "Addresses of one person are joined to one history; counted as of now, not for the period, from the rows themselves."
        ),
        (
            Table(
                _("People and addresses"),
                (_("What"), _("Number"), _("Share of people")),
                shown if known else (),
                _("Nobody has written yet."),
            ),
        ),
    )


def _share(part: int, whole: int) -> str:
    if not whole:
        return ""
    low, high = wilson(part, whole)
    share = METRICS["csat"]
    return f"{told.value(share, part / whole)} ({told.value(share, low)} – {told.value(share, high)})"


def technology(asked: Asked) -> Section:
    """Return what is connected and works, what stopped, what has been told from outside, and what is not connected."""
    links = Connection.objects.of(asked.workspace).prefetch_related("channels")
    rows = []
    for one in links:
        channels = [row for row in one.channels.all() if row.deleted_at is None]
        stopped = sum(1 for row in channels if row.stopped_at)
        last = max((row.last_inbound_at for row in channels if row.last_inbound_at), default=None)
        heard = words.day(last.astimezone(asked.period.zone).date()) if last else told.NONE
        rows.append((Cell(one.provider.capitalize()), plain(len(channels)), plain(stopped), Cell(heard)))
    with connection.cursor() as cursor:
        cursor.execute(SOURCES, {"workspace": asked.workspace.pk})
        sources = [source for (source,) in cursor.fetchall() if source != "novelo"]
    told_of, missing = _areas(asked)
    return Section(
        _("Integration of technology"),
        _("Which systems are joined, which of them stand still, and what nobody tells yet."),
        (
            Table(
                _("Connections with providers"),
                (_("Provider"), _("Channels"), _("Stopped"), _("Last message in")),
                tuple(rows),
                _("No provider is connected."),
            ),
            Table(
                _("Systems that told events"),
                (_("Source"),),
                tuple((Cell(source),) for source in sources),
                _("No system outside has told any event."),
            ),
            Table(
                _("What is known from outside"),
                (_("Area"), _("Rows"), _("Last")),
                told_of,
                _("Nothing is known from outside."),
            ),
            Gaps(_("Not connected"), missing),
        ),
    )


def _areas(asked: Asked) -> tuple[tuple[tuple[Cell, ...], ...], tuple[str, ...]]:
    """Return what has been told of each area of the business, and the areas nothing has been told of."""
    rows, missing = [], []
    areas: tuple[tuple[str, Any, str, dict[str, Any]], ...] = (
        (_("Orders (e-commerce or store)"), OrderFact.objects, "placed_at", {}),
        (_("Sales in stores"), OrderFact.objects, "placed_at", {"channel_kind": "store"}),
        (_("Deliveries and pickups"), OrderFact.objects, "delivered_at", {"delivered_at__isnull": False}),
        (_("Carts"), CartFact.objects, "", {}),
        (_("Payment links"), LinkFact.objects, "", {}),
        (_("Clicks and visits"), TouchFact.objects, "at", {}),
        (_("Opportunities"), OpportunityFact.objects, "", {}),
        (_("Surveys"), SurveyFact.objects, "", {}),
        (_("Benefits"), BenefitFact.objects, "", {}),
        (_("Costs"), CostFact.objects, "", {}),
    )
    for title, manager, last, kept in areas:
        found = manager.of(asked.workspace).filter(**kept)
        n = found.count()
        if not n:
            missing.append(_("%(area)s: not connected") % {"area": title})
            continue
        at = found.aggregate(at=Max(last))["at"] if last else None
        rows.append(
            (Cell(title), plain(n), Cell(words.day(at.astimezone(asked.period.zone).date()) if at else told.NONE))
        )
    return tuple(rows), tuple(missing)


def training(asked: Asked) -> Section:
    """Return groups whose figures are clearly worse than the middle of the house, with how many and how sure."""
    rows: list[tuple[Cell, ...]] = []
    for name in COMPARED:
        for word in ("agent", "team", "channel"):
            if word in METRICS[name].source.dimensions:
                rows += _worse(asked, name, word)
    heads = (_("Figure"), _("Group"), _("Value"), _("Middle of the house"), _("How sure"), "n")
    return Section(
        _("Where training may help"),
        _(
            "A figure is a reason to look and to ask, not a verdict: hours, topics and difficult cases differ. Only groups with "
            "20 observations or more whose whole 95 % interval lies on the worse side are named."
        ),
        (
            Table(
                _("Clearly worse than the middle"),
                heads,
                tuple(rows),
                _("No group is clearly worse, or too few are known to say."),
            ),
        ),
    )


def _worse(asked: Asked, name: str, word: str) -> list[tuple[Cell, ...]]:
    given, proof = asked(name, word)
    metric, middle = given.question.metric, given.value(given.total)
    if middle is None or sum(1 for one in given.rows if one.n) < 2:
        return []
    sure = _slower(asked, name, word, given.total.p50) if isinstance(metric.adding, Lengths) else {}
    part = who.part_of(asked.workspace, word)
    rows: list[tuple[Cell, ...]] = []
    for one in given.rows:
        why = sure.get(one.key, "")
        if isinstance(metric.adding, Rate) and one.n >= ENOUGH and (one.ci_high or 0) < middle:
            why = interval(given, one).text
        if why:
            group = part(word, one.key[0])
            house = Cell(told.value(metric, middle), is_number=True)
            rows.append(
                (
                    Cell(str(metric.title)),
                    Cell(group),
                    said(given, one, proof),
                    house,
                    Cell(why, is_number=True),
                    plain(one.n),
                )
            )
    return rows


def _slower(asked: Asked, name: str, word: str, median: float | None) -> dict[tuple[str | None, ...], str]:
    """Return the groups of which, with 95 % certainty, more than half is slower than the house's median, and how sure that is."""
    question = asked.question(name, word)
    kind = question.metric.adding
    if median is None or not isinstance(kind, Lengths):
        return {}
    length = kind.clocks["elapsed"]
    values = values_of(question, asked.freshness) | {"median": round(median * 1e6)}
    found = {}
    select = f"count(*) FILTER (WHERE {length} > %(median)s), count(*)"
    for key, (slower, n) in grouped(question, question.metric.source, select, values):
        if key and n >= ENOUGH and wilson(slower, n)[0] > 0.5:
            share = METRICS["csat"]
            low, high = (told.value(share, part) for part in wilson(slower, n))
            found[key] = _("%(share)s of them slower than the median (%(low)s – %(high)s)") % {
                "share": told.value(share, slower / n),
                "low": low,
                "high": high,
            }
    return found

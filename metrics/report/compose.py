"""Compose: the strategy report of a house and period, in the language in force, from one instant."""

from __future__ import annotations

from babel.dates import format_datetime
from django.utils.translation import get_language, gettext as _

from hub.models import Workspace
from metrics import words
from metrics.period import Period
from metrics.query import one_instant
from metrics.report import house, journey
from metrics.report.asked import Asked
from metrics.report.blocks import Report

CHAPTERS = (
    journey.channel_map, journey.journey, house.integrated, house.people, house.technology, house.training,
)  # fmt: skip


def compose(workspace: Workspace, period: Period) -> Report:
    """Return the report: no number without a source, what is missing named as such."""
    with one_instant():
        asked = Asked(workspace, period)
        sections = tuple(chapter(asked) for chapter in CHAPTERS)
    at = asked.freshness.as_of.astimezone(period.zone)
    return Report(
        title=_("Omnichannel strategy report"),
        house=workspace.name,
        span=f"{period.first:%d/%m/%Y} – {period.last:%d/%m/%Y}"
        if get_language() != "en"
        else f"{period.first:%b %d, %Y} – {period.last:%b %d, %Y}",
        as_of=_("as of %(at)s, %(zone)s")
        % {"at": format_datetime(at, "medium", locale=words.locale()), "zone": period.zone.key},
        language=get_language() or "pt-br",
        sections=sections,
    )

"""The page of the strategy report, and its PDF, in any language of the house."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from hub.access import Caller, require
from hub.models import Role
from metrics import links, period
from metrics.report.blocks import Gaps, Report, Table
from metrics.report.compose import compose

PERIODS = ("28", "91", "month")
USUAL = "91"


@never_cache
@require_GET
def report(request: HttpRequest) -> HttpResponse:
    """Show the report; ``?as=pdf`` gives the paper, ``?language=`` another language of the house."""
    caller = require(request, Role.SUPERVISOR)
    wanted = request.GET.get("language", "")
    language = wanted if wanted in dict(settings.LANGUAGES) else translation.get_language() or settings.LANGUAGE_CODE
    key = request.GET.get("period", USUAL)
    with translation.override(language):
        made, span = _made(caller, key)
        if request.GET.get("as") == "pdf":
            from metrics.report.pdf import pdf  # what draws letters is 17 MB, for a paper that is rarely asked for

            answer = HttpResponse(pdf(made, settings.PUBLIC_URL), content_type="application/pdf")
            name = f"novelo-{caller.workspace.slug}-{span.last.isoformat()}.pdf"
            answer["Content-Disposition"] = f'attachment; filename="{name}"'
            return answer
        context: dict[str, Any] = {
            "report": made,
            "sections": _shown(made),
            "language": language,
            "languages": settings.LANGUAGES,
            "periods": [(one, period.TITLES[one][0]) for one in PERIODS],
            "period": span.key,
        }
        return render(request, "metrics/plans/report.html", context)


def _made(caller: Caller, key: str) -> tuple[Report, period.Period]:
    zone = ZoneInfo(caller.workspace.timezone)
    span = period.named(key if key in PERIODS else USUAL, timezone.now(), zone)
    return compose(caller.workspace, span), span


def _shown(made: Report) -> list[dict[str, Any]]:
    """Return the chapters for the page: every cell with the address of its receipt."""
    return [
        {"title": section.title, "lead": section.lead, "blocks": [_laid(block) for block in section.blocks]}
        for section in made.sections
    ]


def _laid(block: Table | Gaps) -> dict[str, Any]:
    """Return a block for the page: with every head and cell whether its column holds numbers."""
    if isinstance(block, Gaps):
        return {"title": block.title, "items": block.items}
    return {
        "title": block.title,
        "note": block.note,
        "empty": block.empty,
        "heads": list(zip_longest(block.heads, block.numeric)),
        "rows": [
            [
                (cell.text, links.of_receipt(cell.receipt), numeric)
                for cell, numeric in zip(row, block.numeric, strict=True)
            ]
            for row in block.rows
        ],
    }

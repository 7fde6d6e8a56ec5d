"""The audit log: who did what and when, by filters, a page at a time or as a table to take along."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from hub import audit as log, schedules
from hub.access import Caller, require
from hub.house.audit_words import GROUPS, group_word, word
from hub.models import AuditEntry, Role
from hub.templatetags.house import told

PAGE, ROWS_A_PAGE, LARGEST = "hub/house/audit.html", 50, 2**63 - 1
COLUMNS = ("at", "who", "action", "kind", "subject", "changes")
RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula


@never_cache
@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    """Show a page of the log; ``who``, ``what``, ``from`` and ``to`` narrow it, ``before`` goes on below a row."""
    caller = require(request, Role.ADMIN)
    kept = _filters(request)
    rows = _rows(caller, kept)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 20 and int(before) <= LARGEST:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: ROWS_A_PAGE + 1])
    shown = found[:ROWS_A_PAGE]
    more = len(found) > ROWS_A_PAGE
    known = AuditEntry.objects.of(caller.workspace).order_by("actor_name").values_list("actor_name", flat=True)
    context = {
        "rows": [{"row": row, "word": word(row.action)} for row in shown],
        "kept": {**kept, "since": kept.get("from", "")},
        "people": known.distinct(),
        "groups": [(name, group_word(name)) for name in GROUPS],
        "next": f"?{urlencode({**kept, 'before': str(shown[-1].pk)})}" if more else "",
        "query": urlencode(kept),
    }
    return render(request, PAGE, context)


@require_GET
def download(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out what fits the filters as CSV, newest first."""
    caller = require(request, Role.ADMIN)
    kept = _filters(request)
    log.note(caller, "audit.exported", None, {name: (None, value) for name, value in kept.items()})
    zone = ZoneInfo(caller.workspace.timezone)
    answer = StreamingHttpResponse(_lines(_rows(caller, kept), zone), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{caller.workspace.slug}-audit.csv"'
    return answer


def _filters(request: HttpRequest) -> dict[str, str]:
    """Return the filters that make sense; what is unreadable is none."""
    kept = {name: request.GET.get(name, "").strip() for name in ("who", "what", "from", "to")}
    for name in ("from", "to"):
        if not _is_day(kept[name]):
            kept[name] = ""
    if kept["what"] not in GROUPS:
        kept["what"] = ""
    return {name: value for name, value in kept.items() if value and "\0" not in value}


def _is_day(word: str) -> bool:
    """Whether a word names a day, with room on either side for the next midnight and for those of other zones."""
    try:
        return date.min < date.fromisoformat(word) < date.max
    except ValueError:
        return False


def _rows(caller: Caller, kept: dict[str, str]) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.of(caller.workspace).order_by("-id")
    zone = caller.workspace.timezone
    if who := kept.get("who"):
        rows = rows.filter(actor_name=who)
    if what := kept.get("what"):
        rows = rows.filter(action__startswith=f"{what}.")
    if since := kept.get("from"):
        rows = rows.filter(at__gte=schedules.instant_of(date.fromisoformat(since), zone))
    if until := kept.get("to"):
        rows = rows.filter(at__lt=schedules.instant_of(date.fromisoformat(until) + timedelta(days=1), zone))
    return rows


class _Line:
    """Where a writer of CSV writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: QuerySet[AuditEntry], zone: ZoneInfo) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for row in rows.iterator(chunk_size=1000):
        changes = "; ".join(f"{field}: {told(old)} → {told(new)}" for field, (old, new) in row.changes.items())
        cells = [row.actor_name, row.action, row.subject_kind, row.subject_name, changes]
        yield writer.writerow([row.at.astimezone(zone).isoformat(timespec="seconds"), *(_safe(one) for one in cells)])


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(RISKY) else cell

"""Files of history in the settings: brought, looked at row by row before anything is taken, followed, and what was refused."""

from __future__ import annotations

import csv
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, cast
from uuid import UUID

from babel.dates import format_date
from babel.numbers import format_currency
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext as _, to_locale
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations.imports import jobs
from conversations.imports.kinds import KINDS
from conversations.imports.shapes import Line, Unreadable
from conversations.media.store import drop
from conversations.models import ImportJob, ImportRefusal
from conversations.refusal import Refused, TooLate
from conversations.views.settings.import_form import ImportForm
from hub import audit
from hub.access import Caller, require
from hub.models import Role, Workspace

LIST, ONE = "conversations/settings/imports.html", "conversations/settings/import.html"
SHOWN, REFUSALS_SHOWN = 50, 20


def _job(workspace: Workspace, key: UUID) -> ImportJob:
    return get_object_or_404(ImportJob.objects.of(workspace).select_related("workspace"), pk=key)


@never_cache
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Show every file and the form for another; a POST keeps the file and shows how it would be read."""
    caller = require(request, Role.ADMIN)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            job = _upload(request, caller)
        except Refused as refused:
            wrong = {refused.field: refused.sentence}
        else:
            return redirect("settings_import", job.pk)
    rows = ImportJob.objects.of(caller.workspace).select_related("created_by").order_by("-id")[:SHOWN]
    context = {
        "kinds": KINDS.values(),
        "chosen": request.POST.get("kind", "orders"),
        "rows": [{"job": row, "title": KINDS[row.kind].title} for row in rows],
        "wrong": wrong,
        "megabytes": jobs.MOST_BYTES // 1024 // 1024,
    }
    return render(request, LIST, context, status=400 if wrong else 200)


def _upload(request: HttpRequest, caller: Caller) -> ImportJob:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or file.file is None:
        raise Refused("file", _("Choose a file."))
    kind, name = request.POST.get("kind", ""), file.name or ""
    job = jobs.upload(caller.workspace, caller.user, kind, name, file.size or 0, cast("BinaryIO", file.file))
    audit.note(caller, "import.uploaded", job)
    return job


@never_cache
@require_http_methods(["GET", "POST"])
def import_file(request: HttpRequest, job: UUID) -> HttpResponse:
    """Show how a file would be read, or how far it is; a POST reads it otherwise, or with ``act=start`` lets it be taken in."""
    caller = require(request, Role.ADMIN)
    row = _job(caller.workspace, job)
    htmx: Any = getattr(request, "htmx", False)
    if row.state != "uploaded":
        return render(request, f"{ONE}#outcome" if htmx else ONE, _outcome(row))
    form = ImportForm(row, request.POST if request.method == "POST" else None)
    wrong = ""
    if request.method == "POST" and form.is_valid():
        row.options = form.options()
        if request.POST.get("act") == "start":
            try:
                jobs.start(row, row.options)
                audit.note(caller, "import.started", row)
                return redirect("settings_import", row.pk)
            except (Refused, TooLate) as error:
                wrong = error.sentence if isinstance(error, Refused) else str(error)
    context = {**_base(row), "form": form, "wrong": wrong, **_preview(row)}
    return render(request, f"{ONE}#preview" if htmx else ONE, context)


def _base(row: ImportJob) -> dict[str, Any]:
    return {"job": row, "kind": KINDS[row.kind], "days": jobs.KEPT_DAYS}


def _preview(row: ImportJob) -> dict[str, Any]:
    """Return the first rows with what would become of each; nothing is taken."""
    columns = row.options.get("columns", {})
    titles = {column.name: str(column.title) for column in KINDS[row.kind].columns}
    meant = {name: titles.get(field, field) for field, name in columns.items()}
    header = [(name, meant.get(name, "")) for name in row.header] or [
        (one, "") for one in (_("Time"), _("Who"), _("Text"))
    ]
    try:
        found = list(islice(jobs.lines(row, jobs.content_of(row)), jobs.PREVIEWED))
    except Unreadable as error:
        return {"unreadable": str(error), "header": header}
    rows = [{"line": one, "field": titles.get(one.field, one.field), "meant": _meant(one)} for one in found]
    return {"lines": rows, "header": header, "refused": sum(1 for one in found if one.reason)}


def _meant(line: Line) -> str:
    """Return what a row's amount and time are taken for, as the reader writes them; empty for what moves no money."""
    event = line.events[-1] if line.events else {}
    data = event.get("data", {})
    amount = data.get("value") or data.get("amount")
    if not amount:
        return ""
    locale = to_locale(get_language() or "en")
    money = format_currency(Decimal(amount), data["currency"].upper(), locale=locale)
    return f"{money} · {format_date(datetime.fromisoformat(event['at']), locale=locale)}"


def _outcome(row: ImportJob) -> dict[str, Any]:
    titles = {column.name: str(column.title) for column in KINDS[row.kind].columns}
    refusals = ImportRefusal.objects.of(row.workspace).filter(job=row).order_by("id")[:REFUSALS_SHOWN]
    share = 100 * row.read // row.rows if row.rows else 100
    shown = [{"row": one, "field": titles.get(one.field, one.field)} for one in refusals]
    return {**_base(row), "share": share, "refusals": shown}


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, value: str) -> str:
        return value


@require_GET
def refused(request: HttpRequest, job: UUID) -> HttpResponseBase:
    """Give the list of refused rows: number, field, reason."""
    caller = require(request, Role.ADMIN)
    row = _job(caller.workspace, job)
    writer = csv.writer(_Echo())
    found = ImportRefusal.objects.of(caller.workspace).filter(job=row).order_by("id")
    rows = found.values_list("row", "field", "reason").iterator()
    head = writer.writerow([_("Row"), _("Field"), _("Reason")])
    lines = (part for part in ("\ufeff", head, *(writer.writerow(one) for one in rows)))
    name = f"refused-{row.pk}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


@never_cache
@require_POST
def discard(request: HttpRequest, job: UUID) -> HttpResponse:
    """Forget a file that was not begun."""
    caller = require(request, Role.ADMIN)
    row = _job(caller.workspace, job)
    with transaction.atomic():
        gone, _counts = ImportJob.objects.of(caller.workspace).filter(pk=row.pk, state="uploaded").delete()
        if gone:
            audit.note(caller, "import.discarded", audit.Subject("import", str(row.pk), row.filename))
    if gone:
        drop(row.stored_as)
    return redirect("settings_imports")

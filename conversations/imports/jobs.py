"""Files on their way into history: kept, looked into, taken in part by part, each part a transaction, and forgotten.

Whatever interrupts it, the next worker goes on after the last part that was written; what is known already is a duplicate.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _, override

from conversations import bulk, outside
from conversations.imports import cells, chats, chatwoot, rows, tables
from conversations.imports.kinds import KINDS, guessed
from conversations.imports.shapes import Choices, Line, Unreadable
from conversations.media.store import drop, keep
from conversations.models import ImportJob, ImportRefusal
from conversations.refusal import Refused, TooLate
from conversations.wake import wake
from hub.models import User, Workspace

log = structlog.get_logger(__name__)

MOST_BYTES = 20 * 1024 * 1024
KEPT_DAYS = 7
ROWS_A_PART = 250  # an order has up to three events, and a transaction at most a thousand
PREVIEWED = 10
SAMPLED = 200
REFUSAL_COLUMNS = ("workspace", "job", "row", "field", "reason")


def upload(workspace: Workspace, user: User | None, kind: str, filename: str, size: int, file: BinaryIO) -> ImportJob:
    """Keep a file and look into it; how the last file of the same shape was read is how this one is. Not in a transaction.

    Raises ``Refused`` (field ``file`` or ``kind``).
    """
    if kind not in KINDS:
        raise Refused("kind", _("Choose what the file holds."))
    if size > MOST_BYTES:
        raise Refused("file", _("The file may have at most %(limit)d MB.") % {"limit": MOST_BYTES // 1024 // 1024})
    file.seek(0)
    content = file.read()
    if not content.strip():
        raise Refused("file", _("The file is empty."))
    name = re.sub(r"[\0/\\]", "", filename)[-200:] or "file"
    job = ImportJob(workspace=workspace, created_by=user, kind=kind, filename=name, size=len(content))
    try:
        job.header, job.options = _look(workspace, job, content)
    except Unreadable as error:
        raise Refused("file", str(error)) from error
    job.stored_as = keep(workspace.pk, "application/octet-stream", file).stored_as
    try:
        job.save(force_insert=True)
    except BaseException:
        drop(job.stored_as)
        raise
    return job


def _look(workspace: Workspace, job: ImportJob, content: bytes) -> tuple[list[str], dict[str, Any]]:
    """Return a file's columns and how it is probably read."""
    options: dict[str, Any] = {
        "source": _source(job),
        "currency": workspace.currency,
        "zone": workspace.timezone,
        "country": cells.country_of(workspace.timezone),
        "decimal": ".",
        "days": cells.DAY_FIRST,
    }
    if job.kind == "whatsapp":
        return [], options | {
            "authors": chats.authors(chats.read(content, cells.DAY_FIRST))[:50],
            "us": [],
            "phone": "",
        }
    if job.kind == "chatwoot":
        chatwoot.conversations(content)
        return [], options
    table = tables.read(content)
    known = (
        (ImportJob.objects.of(workspace).filter(kind=job.kind, header=list(table.header)).exclude(state="uploaded"))
        .order_by("-id")
        .first()
    )
    if known is not None:
        return list(table.header), {**known.options, "remembered": True}
    columns = guessed(KINDS[job.kind], table.header)
    sample = [row.cells for row in islice(table.rows(), SAMPLED)]
    money = columns.get("value") or columns.get("amount", "")
    times = columns.get("at") or columns.get("from", "")
    # Whoever's cents have a comma saves tables split by semicolons: "1.234" is no little more than one there.
    usual = "," if table.delimiter == ";" else cells.decimal_in(options["country"])
    options |= {
        "columns": columns,
        "decimal": cells.decimal_of((row.get(money, "") for row in sample), usual),
        "days": cells.days_of(row.get(times, "") for row in sample),
    }
    return list(table.header), options


def _source(job: ImportJob) -> str:
    """Return the word a file's events carry: for tables the file's own name without numbers, which tell the month and not the source."""
    if not KINDS[job.kind].is_table:
        return "chatwoot" if job.kind == "chatwoot" else "whatsapp_export"
    word = re.sub(r"[^a-z]+", "_", cells.bare(job.filename.rpartition(".")[0])).strip("_")
    return f"csv:{word or job.kind}"[:40]


def choices(job: ImportJob) -> Choices:
    """Return how a job's file is read."""
    given = job.options
    return Choices(
        source=given["source"],
        currency=given.get("currency", ""),
        zone=given.get("zone", "UTC"),
        decimal=given.get("decimal", "."),
        days=given.get("days", "day"),
        country=given.get("country", ""),
        columns=given.get("columns", {}),
        us=tuple(given.get("us", ())),
        phone=given.get("phone", ""),
        now=(job.created_at if isinstance(job.created_at, datetime) else timezone.now()).isoformat(),
    )


def content_of(job: ImportJob) -> bytes:
    """Return a job's file. Raises ``Unreadable`` once it is forgotten."""
    if not job.stored_as:
        raise Unreadable(_("The file is not kept any more."))
    try:
        with default_storage.open(job.stored_as, "rb") as file:
            return bytes(file.read())
    except OSError as error:
        raise Unreadable(_("The file cannot be read.")) from error


def lines(job: ImportJob, content: bytes, skip: int = 0) -> Iterator[Line]:
    """Yield a file's lines after the first ``skip`` as they would be taken. Raises ``Unreadable``."""
    chosen = choices(job)
    if job.kind == "whatsapp":
        return islice(chats.lines(content, chosen), skip, None)
    if job.kind == "chatwoot":
        return islice(chatwoot.lines(content, chosen), skip, None)
    return rows.lines(job.kind, tables.read(content), chosen, skip)


def count(job: ImportJob, content: bytes) -> int:
    """Return how many lines a file has; those of a table without understanding each. Raises ``Unreadable``."""
    if KINDS[job.kind].is_table:
        return sum(1 for _row in rows.by_field(job.kind, tables.read(content), choices(job)))
    return sum(1 for _line in lines(job, content))


def start(job: ImportJob, options: dict[str, Any]) -> None:
    """Let a file be taken in as chosen. Reads the file: not in a transaction.

    Raises ``TooLate`` when it was begun, ``Refused`` for what is missing (``columns``) or cannot be read (``file``).
    """
    job.options = options
    missing = [one for one in KINDS[job.kind].columns if one.required and not options.get("columns", {}).get(one.name)]
    if missing:
        sentence = _("Choose the column of: %(names)s.") % {"names": ", ".join(str(one.title) for one in missing)}
        raise Refused("columns", sentence)
    try:
        number = count(job, content_of(job))
    except Unreadable as error:
        raise Refused("file", str(error)) from error
    with transaction.atomic():
        mine = ImportJob.objects.of(job.workspace).filter(pk=job.pk, state="uploaded")
        if not mine.update(options=options, rows=number, state="waiting"):
            raise TooLate(_("This file was begun already."))
        wake("imports")


def work(seconds: float) -> bool:
    """Take in what waits until nothing does or time is up, one part at least; return whether more waits.

    Never raises because of content.
    """
    until = time.monotonic() + seconds
    while (job := _next()) is not None:
        try:
            with override(job.options.get("language", "en")):
                _work(job, until)
        except Unreadable as error:
            _end(job.pk, "failed", str(error))
        if time.monotonic() >= until:
            break
    return ImportJob.objects.filter(state="waiting").exists()


def _next() -> ImportJob | None:
    """Take the file that waits longest, and count the attempt before it is made: one that kills its worker is given up."""
    with transaction.atomic():
        waiting = ImportJob.objects.filter(state="waiting").select_related("workspace").order_by("id")
        job = waiting.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if job is None:
            return None
        if job.attempts >= settings.ITEM_MAX_ATTEMPTS:
            _end(job.pk, "failed", "It stopped the worker each time it was read.")
            return None
        ImportJob.objects.filter(pk=job.pk).update(attempts=F("attempts") + 1)
    return job


def _work(job: ImportJob, until: float) -> None:
    left, place = lines(job, content_of(job), job.read), job.read
    while True:
        part = list(islice(left, ROWS_A_PART))
        with transaction.atomic():
            mine = ImportJob.objects.filter(pk=job.pk, state="waiting", read=place)
            if mine.select_for_update(no_key=True, skip_locked=True).first() is None:
                return  # another worker is at it
            if not part:
                _end(job.pk, "done")
                return
            _take(job, part)
        place += len(part)
        if time.monotonic() >= until:
            return


def _take(job: ImportJob, part: Sequence[Line]) -> None:
    """Take one part and write down what became of it, in the caller's transaction."""
    verdicts = iter(outside.take(job.workspace, [event for line in part for event in line.events]))
    counts = {"accepted": 0, "duplicate": 0, "invalid": 0}
    refused = []
    for given in part:
        line = given
        mine = [next(verdicts) for _event in given.events]
        bad = next((one for one in mine if one.outcome == "invalid"), None)
        if bad is not None:
            reason = bad.error.removeprefix(f"{bad.field}: ")
            line = Line(number=line.number, field=bad.field.rpartition(".")[2], reason=reason)
        if line.reason:
            counts["invalid"] += 1
            refused.append((job.workspace_id, job.pk, line.number, line.field[:80], line.reason))
        else:
            counts["accepted" if any(one.outcome == "accepted" for one in mine) else "duplicate"] += 1
    bulk.insert(ImportRefusal, REFUSAL_COLUMNS, refused)
    more = {name: F(name) + count for name, count in counts.items()}
    ImportJob.objects.filter(pk=job.pk).update(read=F("read") + len(part), attempts=0, **more)


def _end(key: UUID, state: str, reason: str = "") -> None:
    ImportJob.objects.filter(pk=key, state="waiting").update(state=state, reason=reason, finished_at=timezone.now())


def forget() -> int:
    """Delete the files of more than a week ago, and what was uploaded and never begun; return how many. For the hourly purge."""
    old = ImportJob.objects.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).exclude(state="waiting")
    names = []
    with transaction.atomic():
        for job in old.exclude(stored_as="").select_for_update(no_key=True, skip_locked=True)[:500]:
            names.append(job.stored_as)
            ImportJob.objects.filter(pk=job.pk).update(stored_as="")
        old.filter(state="uploaded", stored_as="").delete()
    drop(*names)
    return len(names)

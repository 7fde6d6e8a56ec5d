"""Bringing files of history in tests: uploaded, taken in to the end, and what history holds then."""

from __future__ import annotations

import io
from typing import Any

from django.utils import translation

from conversations.imports import jobs
from conversations.models import HistoryEvent, ImportJob
from hub.models import Workspace
from tests.conversations.integrations.conftest import at_of


def brought(place: Workspace, kind: str, name: str, content: bytes | str) -> ImportJob:
    """A file somebody uploaded."""
    data = content.encode() if isinstance(content, str) else content
    return jobs.upload(place, None, kind, name, len(data), io.BytesIO(data))


def taken(job: ImportJob, **options: Any) -> tuple[int, int, int]:
    """Let a file be taken in; return how many rows were accepted, known and refused."""
    with translation.override("en"):
        jobs.start(job, {**job.options, "language": "en", **options})
    assert not jobs.work(5.0)
    job.refresh_from_db()
    assert (job.state, job.read) == ("done", job.rows)
    return job.accepted, job.duplicate, job.invalid


def told(place: Workspace) -> list[tuple[Any, ...]]:
    """What history holds, in the order it happened."""
    rows = HistoryEvent.objects.of(place).order_by("occurred_at", "external_id")
    return [(one.type, at_of(one.occurred_at), one.external_id, one.data) for one in rows]

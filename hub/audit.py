"""The audit log: who changed what in the house, or read what is not theirs; appended in the transaction of the change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from django.db import models
from django.utils import timezone

from hub.access import Caller
from hub.models import AuditEntry

# Reading the same thing again within this time is one reading: a page that is leafed through is not fifty entries.
READ_GRAIN = timedelta(hours=1)
HIDDEN = "•••"
SECRET = re.compile(r"secret|token|password|digest|credential|(^|_)key(s|$)", re.IGNORECASE)
LONGEST_VALUE = 300


class Subject(msgspec.Struct, frozen=True):
    """What an entry is about, for rows that are gone or never were: its kind, its id and the name people know it by."""

    kind: str
    id: str = ""
    name: str = ""


def note(
    caller: Caller,
    action: str,
    subject: models.Model | Subject | None = None,
    changes: Mapping[str, tuple[Any, Any] | list[Any]] | None = None,
) -> None:
    """Append that ``caller`` did ``action`` ("team.created") to ``subject``. ``changes`` are ``{field: (before, after)}``.

    Call it in the transaction of the change. What is called like a secret is kept as dots, long values are cut; message
    text does not belong here.
    """
    about = _subject(subject)
    AuditEntry.objects.create(
        workspace=caller.workspace,
        user=caller.user,
        actor_name=_actor(caller),
        action=action,
        subject_kind=about.kind[:40],
        subject_id=about.id[:64],
        subject_name=about.name[:160],
        changes={field: [_shown(field, value) for value in pair] for field, pair in (changes or {}).items()},
    )


def noted_read(caller: Caller, action: str, subject: models.Model | Subject | None = None) -> None:
    """Append that ``caller`` looked at ``subject``, once an hour at most."""
    about = _subject(subject)
    lately = AuditEntry.objects.of(caller.workspace).filter(
        at__gt=timezone.now() - READ_GRAIN, actor_name=_actor(caller), action=action, subject_id=about.id[:64]
    )
    if not lately.exists():
        note(caller, action, about)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what ``after`` names and changes, as ``note`` takes it."""
    return {field: (before.get(field), value) for field, value in after.items() if before.get(field) != value}


def _actor(caller: Caller) -> str:
    if caller.token:
        return caller.token.name
    return caller.user.email if caller.user else ""


def _subject(subject: models.Model | Subject | None) -> Subject:
    if subject is None:
        return Subject("")
    if isinstance(subject, Subject):
        return subject
    return Subject(subject._meta.model_name or "", str(subject.pk), str(subject))


def _shown(field: str, value: Any) -> Any:
    """Return a value as the log keeps it: plain, short, and never a secret."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if SECRET.search(field):
        return HIDDEN if value else ""
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(field, one) for one in list(value)[:50]]
    if isinstance(value, Mapping):
        return {str(name): _shown(str(name), one) for name, one in value.items()}
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"

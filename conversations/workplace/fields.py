"""Custom fields: what a workspace wants to know of its customers and conversations besides what everybody knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _, gettext_noop
from msgspec import UNSET, UnsetType

from conversations.models import CustomField
from conversations.refusal import Refused
from conversations.workplace import naming
from hub import audit
from hub.access import Caller

OWNERS: dict[str, str] = {"customer": gettext_noop("Customer"), "conversation": gettext_noop("Conversation")}
KINDS: dict[str, str] = {
    "text": gettext_noop("Text"),
    "number": gettext_noop("Number"),
    "date": gettext_noop("Date"),
    "choice": gettext_noop("Choice"),
    "yes_no": gettext_noop("Yes or no"),
}
TAKEN = {"name", "first_name"}  # what canned replies call a customer by
KEY_LENGTH, TITLE_LENGTH, CHOICE_LENGTH, MOST_CHOICES, TEXT_LENGTH, MOST = 40, 80, 80, 100, 500, 100


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be otherwise about a field; what it belongs to, its key and its kind stay for ever: values rest on them."""

    title: str | UnsetType = UNSET
    choices: tuple[str, ...] | UnsetType = UNSET
    position: int | UnsetType = UNSET


class NewField(msgspec.Struct, frozen=True, kw_only=True):
    """A field to add: without a ``key`` its title suggests one. ``of`` is customer or conversation."""

    of: str
    title: str
    kind: str = "text"
    key: str = ""
    choices: tuple[str, ...] = ()


def create(caller: Caller, wanted: NewField) -> CustomField:
    """Add a field. Raises ``Refused`` with what is at fault."""
    if wanted.of not in OWNERS:
        raise Refused("of", _("Must be one of: %(words)s.") % {"words": ", ".join(OWNERS)})
    if wanted.kind not in KINDS:
        raise Refused("kind", _("Must be one of: %(words)s.") % {"words": ", ".join(KINDS)})
    title = naming.one_line("title", wanted.title, TITLE_LENGTH)
    key = naming.key("key", wanted.key or naming.key_of(title, KEY_LENGTH), KEY_LENGTH)
    if key in TAKEN:
        raise Refused("key", _("Everybody has a field of this key already."))
    rows = CustomField.objects.of(caller.workspace).filter(of=wanted.of)
    if rows.count() >= MOST:
        raise Refused("title", _("There are %(most)d fields already: remove one first.") % {"most": MOST})
    last = rows.aggregate(last=Max("position"))["last"]
    row = CustomField(
        workspace=caller.workspace,
        of=wanted.of,
        key=key,
        title=title,
        kind=wanted.kind,
        choices=_choices(wanted.kind, wanted.choices),
        position=0 if last is None else last + 1,
    )
    naming.keep(row, lambda: audit.note(caller, "custom_field.created", row, {"kind": (None, row.kind)}), _taken())
    return row


def change(caller: Caller, field_id: UUID, wanted: FieldChange) -> CustomField:
    """Change a field's title, choices or place. Raises ``CustomField.DoesNotExist``, ``Refused``."""
    with transaction.atomic():
        row = CustomField.objects.of(caller.workspace).select_for_update(no_key=True).get(pk=field_id)
        before = {"title": row.title, "choices": row.choices, "position": row.position}
        after: dict[str, Any] = {}
        if not isinstance(wanted.title, UnsetType):
            after["title"] = row.title = naming.one_line("title", wanted.title, TITLE_LENGTH)
        if not isinstance(wanted.choices, UnsetType):
            after["choices"] = row.choices = _choices(row.kind, wanted.choices)
        if not isinstance(wanted.position, UnsetType):
            after["position"] = row.position = wanted.position
        if changes := audit.difference(before, after):
            naming.keep(row, lambda: audit.note(caller, "custom_field.changed", row, changes), _taken())
    return row


def remove(caller: Caller, field_id: UUID) -> None:
    """Take a field away; what was entered in it is kept and no longer shown. Raises ``CustomField.DoesNotExist``."""
    with transaction.atomic():
        row = CustomField.objects.of(caller.workspace).get(pk=field_id)
        audit.note(caller, "custom_field.removed", row, {"kind": (row.kind, None)})
        row.delete()


def fitting(field: CustomField, value: Any) -> Any:
    """Return a value as the field keeps it; None for none. Raises ``Refused`` (field: the key) for one that does not fit.

    Text, number (int or float), date ("2026-03-01"), one of the choices, true or false.
    """
    if value is None or value == "":
        return None
    if field.kind == "yes_no":
        if isinstance(value, bool):
            return value
        raise Refused(field.key, _("Must be yes or no."))
    if field.kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused(field.key, _("Must be a number."))
        return value
    if not isinstance(value, str) or "\0" in value or len(value) > TEXT_LENGTH:
        raise Refused(field.key, _("May hold at most %(number)d characters.") % {"number": TEXT_LENGTH})
    if field.kind == "date":
        return _date(field, value)
    if field.kind == "choice" and value not in field.choices:
        raise Refused(field.key, _("Must be one of: %(words)s.") % {"words": ", ".join(field.choices)})
    return value


def _date(field: CustomField, value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise Refused(field.key, _("Must be a date, like 2026-03-01.")) from error


def _choices(kind: str, words: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(naming.one_line("choices", word, CHOICE_LENGTH) for word in words if word.strip()))
    if kind != "choice":
        if found:
            raise Refused("choices", _("Only a choice has choices."))
        return []
    if len(found) < 2:
        raise Refused("choices", _("A choice needs at least two choices."))
    if len(found) > MOST_CHOICES:
        raise Refused("choices", _("May hold at most %(number)d choices.") % {"number": MOST_CHOICES})
    return found


def _taken() -> Refused:
    return Refused("key", _("There is a field of this key already."))

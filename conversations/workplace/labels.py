"""Labels: words put on conversations, each with a color of the design system."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Func, Value
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_noop
from msgspec import UNSET, UnsetType

from conversations import history
from conversations.act import act, actor_of
from conversations.feed import Change
from conversations.models import Conversation, Label
from conversations.refusal import Refused
from conversations.wake import Work
from conversations.workplace import naming
from hub import audit
from hub.access import Caller

# The colors of the design system by their names; `data-color` on a chip.
COLORS: dict[str, str] = {
    "grey": gettext_noop("Grey"),
    "red": gettext_noop("Red"),
    "orange": gettext_noop("Orange"),
    "amber": gettext_noop("Amber"),
    "yellow": gettext_noop("Yellow"),
    "green": gettext_noop("Green"),
    "teal": gettext_noop("Teal"),
    "blue": gettext_noop("Blue"),
    "indigo": gettext_noop("Indigo"),
    "purple": gettext_noop("Purple"),
    "pink": gettext_noop("Pink"),
}
NAME_LENGTH, MOST = 60, 500


class LabelChange(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be otherwise about a label; what is not said stays."""

    name: str | UnsetType = UNSET
    color: str | UnsetType = UNSET


class Removed(msgspec.Struct, frozen=True):
    """What the feed tells of a label that went."""

    changes: tuple[Change, ...]
    work: tuple[Work, ...]


def create(caller: Caller, name: str, color: str) -> Label:
    """Make a label. Raises ``Refused`` for a name that is empty, too long or taken, and for an unknown color."""
    if Label.objects.of(caller.workspace).count() >= MOST:
        raise Refused("name", _("There are %(most)d labels already: remove one first.") % {"most": MOST})
    row = Label(workspace=caller.workspace, name=naming.one_line("name", name, NAME_LENGTH), color=_color(color))
    naming.keep(row, lambda: audit.note(caller, "label.created", row, {"color": (None, row.color)}), _taken())
    return row


def change(caller: Caller, label_id: UUID, wanted: LabelChange) -> Label:
    """Rename or recolor a label. Raises ``Label.DoesNotExist``, ``Refused``."""
    with transaction.atomic():
        row = Label.objects.of(caller.workspace).select_for_update(no_key=True).get(pk=label_id)
        before = {"name": row.name, "color": row.color}
        after: dict[str, Any] = {}
        if not isinstance(wanted.name, UnsetType):
            after["name"] = row.name = naming.one_line("name", wanted.name, NAME_LENGTH)
        if not isinstance(wanted.color, UnsetType):
            after["color"] = row.color = _color(wanted.color)
        if changes := audit.difference(before, after):
            naming.keep(row, lambda: audit.note(caller, "label.changed", row, changes), _taken())
    return row


def remove(caller: Caller, label_id: UUID) -> None:
    """Take a label away, also from conversations that go on; those that ended keep what they were. Raises ``Label.DoesNotExist``."""

    def room() -> Removed:
        row = Label.objects.of(caller.workspace).select_for_update().get(pk=label_id)
        now, actor = timezone.now(), actor_of(caller)
        rows = Conversation.objects.of(caller.workspace).filter(label_ids__contains=[row.pk])
        marked = list(rows.exclude(status=Conversation.Status.RESOLVED).order_by("id").select_for_update(no_key=True))
        told = {"label": row.name, "label_id": str(row.pk)}
        history.record([history.happened(one, "conversation.unlabeled", now, actor, data=told) for one in marked])
        without = Func("label_ids", Value(row.pk), function="array_remove")
        Conversation.objects.of(caller.workspace).filter(pk__in=[one.pk for one in marked]).update(label_ids=without)
        audit.note(caller, "label.removed", row, {"color": (row.color, None)})
        row.delete()
        changes = tuple(Change("conversation.updated", one.pk, one.pk) for one in marked)
        return Removed(changes, ("metrics",) if marked else ())

    act(caller.workspace.pk, room)


def _color(color: str) -> str:
    if color not in COLORS:
        raise Refused("color", _("Must be one of: %(words)s.") % {"words": ", ".join(COLORS)})
    return color


def _taken() -> Refused:
    return Refused("name", _("There is a label of this name already."))

"""Macros: some acts an agent does at once, in the words of ``perform``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _
from msgspec import UNSET, UnsetType

from conversations import perform
from conversations.models import Macro
from conversations.refusal import Refused
from conversations.workplace import naming
from hub import audit
from hub.access import Caller
from hub.models import Team

NAME_LENGTH = 80


class MacroChange(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be otherwise about a macro; what is not said stays. ``actions`` are ``[{"do": …, …}]``, in order."""

    name: str | UnsetType = UNSET
    actions: tuple[dict[str, Any], ...] | UnsetType = UNSET
    team: UUID | None | UnsetType = UNSET


def create(caller: Caller, wanted: MacroChange) -> Macro:
    """Keep a macro; name and actions are needed. Raises ``Refused`` with the field at fault."""
    row = Macro(workspace=caller.workspace)
    for field in ("name", "actions"):
        if isinstance(getattr(wanted, field), UnsetType):
            raise Refused(field, _("This field is needed."))
    _take(caller, row, wanted)
    naming.keep(row, lambda: audit.note(caller, "macro.created", row), _taken())
    return row


def change(caller: Caller, macro_id: UUID, wanted: MacroChange) -> Macro:
    """Change a macro. Raises ``Macro.DoesNotExist``, ``Refused``."""
    with transaction.atomic():
        row = Macro.objects.of(caller.workspace).select_for_update(no_key=True).get(pk=macro_id)
        before = _described(row)
        _take(caller, row, wanted)
        if changes := audit.difference(before, _described(row)):
            naming.keep(row, lambda: audit.note(caller, "macro.changed", row, changes), _taken())
    return row


def remove(caller: Caller, macro_id: UUID) -> None:
    """Take a macro away. Raises ``Macro.DoesNotExist``."""
    with transaction.atomic():
        row = Macro.objects.of(caller.workspace).get(pk=macro_id)
        audit.note(caller, "macro.removed", row)
        row.delete()


def _take(caller: Caller, row: Macro, wanted: MacroChange) -> None:
    if not isinstance(wanted.name, UnsetType):
        row.name = naming.one_line("name", wanted.name, NAME_LENGTH)
    if not isinstance(wanted.actions, UnsetType):
        actions = perform.read(wanted.actions)
        perform.check(caller.workspace, actions)
        row.actions = perform.write(actions)
    if not isinstance(wanted.team, UnsetType):
        row.team = Team.objects.of(caller.workspace).filter(pk=wanted.team).first() if wanted.team else None
        if wanted.team and row.team is None:
            raise Refused("team", _("There is no such team."))


def _described(row: Macro) -> dict[str, Any]:
    return {"name": row.name, "actions": row.actions, "team": row.team.name if row.team else None}


def _taken() -> Refused:
    return Refused("name", _("There is a macro of this name already."))

"""Canned replies: texts to say again, called by ``/shortcut``, with blanks, ``{{name}}`` or ``{{name|said without a value}}``, filled in when one is taken."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _, gettext_noop
from msgspec import UNSET, UnsetType

from conversations import perform
from conversations.models import CannedReply, CustomField
from conversations.refusal import Refused
from conversations.workplace import naming
from hub import audit
from hub.access import Caller
from hub.models import Team

# What may stand between {{ and }} (the variables of `perform`, which fills them in), beside `customer.<key>` and `conversation.<key>` of the workspace's own fields.
VARIABLES: dict[str, str] = {
    "customer.name": gettext_noop("The customer's name"),
    "customer.first_name": gettext_noop("The customer's first name"),
    "agent.name": gettext_noop("Your name"),
    "team.name": gettext_noop("The conversation's team"),
    "channel.name": gettext_noop("The channel's name"),
    "workspace.name": gettext_noop("The name of the house"),
}
SHORTCUT_LENGTH, TITLE_LENGTH, TEXT_LENGTH = 40, 120, 4000


class CannedChange(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be otherwise about a canned reply; what is not said stays. ``team`` None is everybody."""

    shortcut: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    team: UUID | None | UnsetType = UNSET
    language: str | UnsetType = UNSET


def create(caller: Caller, wanted: CannedChange) -> CannedReply:
    """Keep a canned reply; shortcut, title and text are needed. Raises ``Refused`` with the field at fault."""
    row = CannedReply(workspace=caller.workspace)
    for field in ("shortcut", "title", "text"):
        if isinstance(getattr(wanted, field), UnsetType):
            raise Refused(field, _("This field is needed."))
    _take(caller, row, wanted)
    naming.keep(row, lambda: audit.note(caller, "canned_reply.created", _subject(row)), _taken())
    return row


def change(caller: Caller, reply_id: UUID, wanted: CannedChange) -> CannedReply:
    """Change a canned reply. Raises ``CannedReply.DoesNotExist``, ``Refused``."""
    with transaction.atomic():
        row = CannedReply.objects.of(caller.workspace).select_for_update(no_key=True).get(pk=reply_id)
        before = _described(row)
        _take(caller, row, wanted)
        if changes := audit.difference(before, _described(row)):
            naming.keep(row, lambda: audit.note(caller, "canned_reply.changed", _subject(row), changes), _taken())
    return row


def remove(caller: Caller, reply_id: UUID) -> None:
    """Take a canned reply away. Raises ``CannedReply.DoesNotExist``."""
    with transaction.atomic():
        row = CannedReply.objects.of(caller.workspace).get(pk=reply_id)
        audit.note(caller, "canned_reply.removed", _subject(row))
        row.delete()


def _take(caller: Caller, row: CannedReply, wanted: CannedChange) -> None:
    if not isinstance(wanted.shortcut, UnsetType):
        row.shortcut = naming.key("shortcut", wanted.shortcut, SHORTCUT_LENGTH)
    if not isinstance(wanted.title, UnsetType):
        row.title = naming.one_line("title", wanted.title, TITLE_LENGTH)
    if not isinstance(wanted.text, UnsetType):
        row.text = _text(caller, wanted.text)
    if not isinstance(wanted.language, UnsetType):
        if wanted.language and wanted.language not in dict(settings.LANGUAGES):
            raise Refused("language", _("There is no such language."))
        row.language = wanted.language
    if not isinstance(wanted.team, UnsetType):
        row.team = Team.objects.of(caller.workspace).filter(pk=wanted.team).first() if wanted.team else None
        if wanted.team and row.team is None:
            raise Refused("team", _("There is no such team."))


def _text(caller: Caller, text: str) -> str:
    """Return the text of a reply. Raises ``Refused`` for one that is empty, too long, or has a blank nobody can fill in."""
    fit = text.replace("\r\n", "\n").strip()
    if not fit or "\0" in fit:
        raise Refused("text", _("This field is needed."))
    if len(fit) > TEXT_LENGTH:
        raise Refused("text", _("May hold at most %(number)d characters.") % {"number": TEXT_LENGTH})
    own = {f"{of}.{key}" for of, key in CustomField.objects.of(caller.workspace).values_list("of", "key")}
    for name, _otherwise in perform.VARIABLE.findall(fit):
        if name not in VARIABLES and name not in own:
            raise Refused("text", _("Nothing is called “%(name)s”: there is no such variable.") % {"name": name})
    rest = perform.VARIABLE.sub("", fit)
    if "{{" in rest or "}}" in rest:
        raise Refused("text", _("A variable stands between {{ and }}: one of them is missing."))
    return fit


def _described(row: CannedReply) -> dict[str, Any]:
    team = row.team.name if row.team else None
    return {"shortcut": row.shortcut, "title": row.title, "text": row.text, "team": team, "language": row.language}


def _subject(row: CannedReply) -> audit.Subject:
    return audit.Subject("canned_reply", str(row.pk), f"/{row.shortcut} {row.title}")


def _taken() -> Refused:
    return Refused("shortcut", _("There is a reply with this shortcut already."))

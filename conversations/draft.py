"""What somebody wants to say, made ready for one channel: its kind, text, payload and files, or a sentence why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from conversations.channels import content, templates
from conversations.channels.adapter import Adapter
from conversations.channels.content import Contacts, Interactive, Location
from conversations.channels.limits import TYPE_ONLY, file_objection, rule_for
from conversations.channels.registry import CHANNELS
from conversations.channels.templates import Given, NotFilled
from conversations.channels.types import MessageKind, Outbound, OutboundFile
from conversations.models import Attachment, Channel, Template
from conversations.refusal import Refused
from hub.models import Workspace

MOST_FILES = 20


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is said: ``client_id`` makes it once; without ``channel_id`` it goes where the customer last wrote.

    ``attachment_ids`` are files brought here before; ``asked`` a question, a place or cards; ``template`` the values for one.
    ``mentions`` are members whom a note names. ``seen_seq`` is the newest message the writer saw: whoever else answered after
    it makes it come too late, unless it shall go ``anyway``.
    """

    client_id: str
    text: str = ""
    private: bool = False
    channel_id: UUID | None = None
    reply_to_id: UUID | None = None
    attachment_ids: tuple[UUID, ...] = ()
    asked: Interactive | Location | Contacts | None = None
    template: Given | None = None
    mentions: tuple[UUID, ...] = ()
    seen_seq: int | None = None
    anyway: bool = False


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a channel takes, not stored yet; ``files`` are rows locked until the transaction ends."""

    kind: MessageKind
    text: str = ""
    payload: dict[str, Any] = {}
    files: tuple[Attachment, ...] = ()


def drafted(workspace: Workspace, words: Words, channel: Channel) -> Draft:
    """Return ``words`` as a message for ``channel``. Needs a transaction. Raises ``Refused``: nothing has changed."""
    _one_thing(words)
    files = uploaded(workspace, words.attachment_ids)
    if words.template is not None:
        draft = _template(workspace, channel, words.template, files)
    elif words.asked is not None:
        kind = "location" if isinstance(words.asked, Location) else "interactive"
        kind = "contacts" if isinstance(words.asked, Contacts) else kind
        draft = Draft(kind=cast("MessageKind", kind), text=words.text, payload=content.payload(words.asked))
    else:
        draft = Draft(kind=kind_of(_as_taken(CHANNELS[channel.kind], files)), text=words.text, files=tuple(files))
    against = CHANNELS[channel.kind].objection(_outbound(draft))
    if against is not None:
        raise Refused(against.field, against.sentence)
    return draft


def _one_thing(words: Words) -> None:
    """Refuse what no message can be at once."""
    if words.template is not None and words.text.strip():
        raise Refused("text", _("A template brings its own text."))
    if isinstance(words.asked, Location | Contacts) and words.text.strip():
        raise Refused("text", _("A location or a contact takes no text beside it: send the text on its own."))
    if words.asked is not None and (words.attachment_ids or words.template is not None):
        field = "template" if words.template is not None else "attachments"
        raise Refused(field, _("These cannot be said in one message: send them one after the other."))


def uploaded(workspace: Workspace, ids: Sequence[UUID]) -> list[Attachment]:
    """Return the files brought here under these ids, in their order, locked. Raises ``Refused`` for one that cannot be used."""
    if not ids:
        return []
    if len(set(ids)) < len(ids) or len(ids) > MOST_FILES:
        raise Refused(
            "attachments", _("A file may be in a message once, and at most %(limit)d.") % {"limit": MOST_FILES}
        )
    found = Attachment.objects.of(workspace).filter(pk__in=ids).order_by("id").select_for_update(no_key=True)
    rows = {row.pk: row for row in found}
    for one in ids:
        row = rows.get(one)
        if row is None:
            raise Refused("attachments", _("There is no such file here."))
        if row.message_id is not None:
            raise Refused("attachments", _("This file was sent already: choose it again."))
        if row.state != "stored":
            raise Refused("attachments", _("This file is not here yet."))
    return [rows[one] for one in ids]


def _as_taken(adapter: Adapter, files: Sequence[Attachment]) -> Sequence[Attachment]:
    """Turn what this kind of channel does not take as a picture or sound into a document, if it takes those."""
    for row in files:
        file = _file(row)
        against = file_objection(rule_for(adapter, file), file)
        if against is not None and against.code in TYPE_ONLY and "document" in adapter.files:
            row.kind = "document"
    return files


def kind_of(files: Sequence[Attachment]) -> MessageKind:
    """Return the kind of a message with these files: that of the first, text without any."""
    if not files:
        return "text"
    return "document" if files[0].kind == "file" else cast("MessageKind", files[0].kind)


def _file(row: Attachment) -> OutboundFile:
    return OutboundFile(
        kind=cast("Any", row.kind),
        mime_type=row.mime_type,
        filename=row.filename,
        size=row.size or 0,
        stored_as=row.stored_as,
        link="",
        voice=row.voice,
    )


def _outbound(draft: Draft) -> Outbound:
    """Return the draft as an adapter judges it; nobody is written to."""
    files = tuple(_file(row) for row in draft.files)
    return Outbound(
        account="", to=(), our_id="", kind=draft.kind, text=draft.text, payload=draft.payload, attachments=files
    )


def _template(workspace: Workspace, channel: Channel, given: Given, files: Sequence[Attachment]) -> Draft:
    """Return a template with its values, as the customer will read it. Raises ``Refused``."""
    if not CHANNELS[channel.kind].has_templates:
        raise Refused("template", _("This kind of channel has no templates."))
    if len(files) > 1:
        raise Refused("attachments", _("A template takes one file."))
    known = Template.objects.of(workspace).filter(channel=channel)
    named = list(known.filter(name=given.name, gone_at=None).order_by("language"))
    try:
        if not named and not known.exists():
            return Draft(kind="template", payload=content.payload(_unlisted(given, len(files))), files=tuple(files))
        row = _in_language(given, named)
        given = msgspec.structs.replace(given, language=row.language)
        filled, text = templates.fill(templates.layout(row.components), given, category=row.category, files=len(files))
    except NotFilled as error:
        raise Refused("template", error.sentence) from error
    return Draft(kind="template", text=text, payload=content.payload(filled), files=tuple(files))


def _unlisted(given: Given, files: int) -> content.Template:
    """Return a template of a channel whose templates were never listed: the provider judges it."""
    if not given.language:
        raise NotFilled(_("Say the language of the template."))
    return templates.unread(given, files=files)


def _in_language(given: Given, named: Sequence[Template]) -> Template:
    """Return the template in the wanted language, the only one when none is wanted. Raises ``NotFilled``."""
    if not named:
        raise NotFilled(_("There is no template %(name)s on this channel.") % {"name": given.name})
    wanted = [row for row in named if given.language in {"", row.language}]
    if not wanted:
        languages = ", ".join(row.language for row in named)
        raise NotFilled(_("This template exists only in: %(languages)s.") % {"languages": languages})
    if len(wanted) > 1:
        raise NotFilled(_("Say the language of the template."))
    if wanted[0].status != templates.USABLE:
        raise NotFilled(why_unusable(wanted[0].status))
    return wanted[0]


def why_unusable(status: str) -> str:
    """Return why a template of this status cannot be sent, empty for one that can."""
    sentences = {
        templates.USABLE: "",
        "pending": _("This template is still being reviewed."),
        "in_appeal": _("This template is still being reviewed."),
        "rejected": _("This template was rejected."),
        "paused": _("This template is paused because of its quality."),
        "disabled": _("This template was disabled."),
        "pending_deletion": _("This template is being deleted."),
        "deleted": _("This template was deleted."),
    }
    return sentences.get(status, _("This template cannot be sent: its status is %(status)s.") % {"status": status})

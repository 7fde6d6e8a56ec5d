"""What speaks against sending something on a kind of channel, found out before anybody is asked and anything is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import msgspec
from django.utils.translation import gettext as _, gettext_noop

from conversations.channels.types import Error, FileRule, MessageKind, Outbound, OutboundFile

MEGABYTE = 1024 * 1024
MEDIA: frozenset[MessageKind] = frozenset({"image", "audio", "video", "document", "sticker"})

TYPE_ONLY = frozenset({"no_such_file", "file_type"})  # codes of what might go as a document

NOT_A_KIND = gettext_noop("This kind of channel does not take this kind of message.")
EMPTY = gettext_noop("The message is empty.")
TOO_LONG = gettext_noop("This channel takes at most %(limit)d characters; this text has %(length)d.")
TOO_MANY_BYTES = gettext_noop(
    "This channel takes at most %(limit)d bytes of text; this text has %(length)d. Accents and emoji take more than one."
)
CAPTION_TOO_LONG = gettext_noop(
    "This channel takes at most %(limit)d characters beside a file; this text has %(length)d."
)
NO_CAPTION = gettext_noop("This kind of file takes no text beside it on this channel: send the text on its own.")
NO_FILE = gettext_noop("There is no file to send.")
TOO_MANY_FILES = gettext_noop("This channel takes at most %(limit)d files in one message.")
NO_SUCH_FILE = gettext_noop("This channel does not take this kind of file: %(name)s.")
WRONG_TYPE = gettext_noop("This channel does not take files of the type %(type)s here: %(name)s.")
TOO_LARGE = gettext_noop("%(name)s has %(size)s MB; this channel takes at most %(limit)s MB of this kind of file.")


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """Why something cannot be sent: the input at fault, a code, and an English sentence with its values."""

    field: str
    code: str
    title: str
    values: dict[str, Any] = {}

    @property
    def sentence(self) -> str:
        """The sentence in the reader's language."""
        return _(self.title) % self.values if self.values else _(self.title)

    @property
    def error(self) -> Error:
        """The same as the error of a send that was not tried."""
        return Error(code=self.code, title=self.title % self.values if self.values else self.title)


class Takes(Protocol):
    """What is asked of a kind of channel."""

    can_send: frozenset[MessageKind]
    text_limit: int
    text_unit: Any
    files: ClassVar[Any]
    files_per_message: int

    def length_of(self, text: str) -> int:
        """Return how much of the limit a text takes."""


def objection(channel: Takes, outbound: Outbound) -> Objection | None:
    """Return what speaks against ``outbound`` on a channel of this kind, None when nothing does."""
    if outbound.kind not in channel.can_send:
        return Objection(field="channel", code="unsupported_kind", title=NOT_A_KIND)
    if outbound.kind == "template":
        return _first_of_files(channel, outbound.attachments)
    if outbound.kind in MEDIA or outbound.attachments:
        return _files(channel, outbound)
    if outbound.kind in {"text", "interactive"} and not outbound.text.strip():
        return Objection(field="text", code="empty_text", title=EMPTY)
    return too_long(channel, outbound.text)


def too_long(channel: Takes, text: str) -> Objection | None:
    """Return the objection to a text over the channel's limit, in the unit the channel counts."""
    length = channel.length_of(text)
    if length <= channel.text_limit:
        return None
    title = TOO_MANY_BYTES if channel.text_unit == "bytes" else TOO_LONG
    return Objection(
        field="text", code="text_too_long", title=title, values={"limit": channel.text_limit, "length": length}
    )


def _files(channel: Takes, outbound: Outbound) -> Objection | None:
    if not outbound.attachments:
        return Objection(field="attachments", code="no_file", title=NO_FILE)
    if len(outbound.attachments) > channel.files_per_message:
        limit = {"limit": channel.files_per_message}
        return Objection(field="attachments", code="too_many_files", title=TOO_MANY_FILES, values=limit)
    return _first_of_files(channel, outbound.attachments) or _caption(channel, outbound)


def _first_of_files(channel: Takes, files: Sequence[OutboundFile]) -> Objection | None:
    return next(filter(None, (file_objection(rule_for(channel, file), file) for file in files)), None)


def rule_for(channel: Takes, file: OutboundFile) -> FileRule | None:
    """Return what the channel asks of a file of this kind; a file of no kind goes by the rule for documents."""
    found: FileRule | None = channel.files.get(file.kind)
    return found or (channel.files.get("document") if file.kind == "file" else None)


def file_objection(rule: FileRule | None, file: OutboundFile) -> Objection | None:
    """Return what speaks against one file."""
    refuse: Callable[..., Objection] = lambda code, title, **values: Objection(  # noqa: E731
        field="attachments", code=code, title=title, values={"name": file.filename or file.kind, **values}
    )
    if rule is None:
        return refuse("no_such_file", NO_SUCH_FILE)
    kind = file.mime_type.partition(";")[0].strip().lower()
    if rule.mime_types and kind not in rule.mime_types:
        return refuse("file_type", WRONG_TYPE, type=kind or "?")
    if file.size > rule.max_bytes:
        return refuse("file_too_large", TOO_LARGE, size=_megabytes(file.size), limit=_megabytes(rule.max_bytes))
    return None


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f}".removesuffix(".0")


def _caption(channel: Takes, outbound: Outbound) -> Objection | None:
    if not outbound.text:
        return None
    rules = [rule_for(channel, file) for file in outbound.attachments]
    if not all(rule is not None and rule.caption for rule in rules):
        return Objection(field="text", code="no_caption", title=NO_CAPTION)
    limit = min((rule.caption_limit for rule in rules if rule and rule.caption_limit), default=0)
    if limit and len(outbound.text) > limit:
        values = {"limit": limit, "length": len(outbound.text)}
        return Objection(field="text", code="caption_too_long", title=CAPTION_TOO_LONG, values=values)
    return too_long(channel, outbound.text)

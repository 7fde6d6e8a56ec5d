"""What may be sent: a file held against the rules of a channel, or of all of them, with a sentence when it does not fit."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from conversations.channels.adapter import Adapter
from conversations.channels.limits import MEGABYTE, Objection, file_objection, rule_for
from conversations.channels.registry import CHANNELS
from conversations.channels.types import OutboundFile
from conversations.media.sniff import base
from conversations.refusal import Refused

TYPE_ONLY = {"no_such_file", "file_type"}


def kind_of(mime_type: str) -> str:
    """Return what kind of attachment a file of this type is: image, audio, video, else document."""
    family = base(mime_type).partition("/")[0]
    return family if family in {"image", "audio", "video"} and "svg" not in mime_type else "document"


def kind_for(adapter: Adapter, filename: str, mime_type: str, size: int) -> str:
    """Return the kind a channel sends this file as: its own, else as a document. Raises ``Refused`` with a sentence.

    ``size`` in bytes. What a channel does not take as a picture or sound it may still carry as a document.
    """
    if not adapter.files:
        raise Refused("file", _("Files cannot be sent on %(channel)s.") % {"channel": adapter.title or adapter.kind})
    wanted = kind_of(mime_type)
    against = _objection(adapter, wanted, filename, mime_type, size)
    if against is None:
        return wanted
    if against.code in TYPE_ONLY and wanted != "document":
        as_document = _objection(adapter, "document", filename, mime_type, size)
        if as_document is None:
            return "document"
        if as_document.code not in TYPE_ONLY:
            against = as_document
    raise Refused("file", against.sentence)


def _objection(adapter: Adapter, kind: str, filename: str, mime_type: str, size: int) -> Objection | None:
    file = OutboundFile(
        kind=kind,  # type: ignore[arg-type]  # one of those kind_of names
        mime_type=mime_type,
        filename=filename,
        size=size,
        stored_as="",
        link="",
    )
    return file_objection(rule_for(adapter, file), file)


def kind_for_any(filename: str, mime_type: str, size: int) -> str:
    """Return the kind of a file that no channel was named for: at least one must take it. Raises ``Refused``."""
    refusal = Refused("file", _("No channel takes files."))
    for adapter in CHANNELS.values():
        if not adapter.files:
            continue
        try:
            kind_for(adapter, filename, mime_type, size)
        except Refused as error:
            refusal = error
        else:
            return kind_of(mime_type)
    raise refusal


def by_kind() -> dict[str, dict[str, Any]]:
    """Return for pages what each kind of channel takes: its ``title``, ``per_message`` files, and ``files`` by kind.

    A kind's rule has ``max_bytes``, ``mime_types`` (any where empty) and ``caption``.
    """
    return {
        kind: {
            "title": adapter.title,
            "per_message": adapter.files_per_message,
            "files": {
                name: {"max_bytes": rule.max_bytes, "mime_types": list(rule.mime_types), "caption": rule.caption}
                for name, rule in adapter.files.items()
            },
        }
        for kind, adapter in CHANNELS.items()
    }


def largest() -> int:
    """Return the size in bytes that no file to send may pass: of what the channels take, and of this house."""
    house: int = settings.MEDIA_MAX_BYTES
    limits = [rule.max_bytes for adapter in CHANNELS.values() for rule in adapter.files.values()]
    return min(max(limits, default=house), house)


def too_large(limit: int, size: int) -> str:
    """Say that a file passes a limit; both in bytes."""
    sentence = _("A file may have at most %(limit)s MB here; this one has %(size)s MB.")
    return sentence % {"limit": f"{limit / MEGABYTE:.1f}".removesuffix(".0"), "size": f"{size / MEGABYTE:.1f}"}

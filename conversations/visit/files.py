"""A visitor's file on its way in: measured while it comes, looked at, kept; nothing of it is believed but its bytes."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Literal, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from conversations.channels.registry import CHANNELS
from conversations.media import rules
from conversations.media.upload import bring
from conversations.refusal import Refused
from conversations.visit.place import Place
from conversations.visit.session import Session, Upload
from conversations.visit.wire import Refusal

IN_MEMORY = 2_000_000  # bytes; larger ones wait on disk
CHUNK = 64 * 1024
ADAPTER = CHANNELS["webchat"]
Kind = Literal["image", "audio", "video", "document"]


def take_in(request: HttpRequest, place: Place, session: Session) -> Upload:
    """Return the file of a request's body, kept in the storage. Raises ``Refusal`` when it is too large or not allowed."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        file = cast("BinaryIO", spool)
        size = _copy(request, file, largest())
        name, claimed = request.GET.get("name", ""), request.content_type or ""
        try:
            brought = bring(place.workspace_id, name, claimed, size, file, ADAPTER)
        except Refused as error:
            raise Refusal(415, error.sentence) from error
    return Upload(
        visitor=session.visitor,
        channel=place.id,
        kind=cast("Kind", brought.kind),
        mime_type=brought.mime_type[:255],
        filename=brought.filename,
        size=size,
        sha256=brought.sha256,
        stored_as=brought.kept.stored_as,
        thumbnail=brought.kept.thumbnail,
        width=brought.kept.width,
        height=brought.kept.height,
    )


def largest() -> int:
    """Return the size in bytes that no visitor's file may pass."""
    return min(max(rule.max_bytes for rule in ADAPTER.files.values()), settings.MEDIA_MAX_BYTES)


def _copy(request: HttpRequest, file: BinaryIO, limit: int) -> int:
    """Copy the body, never more than ``limit`` bytes; return its size."""
    declared = int(request.META.get("CONTENT_LENGTH") or 0)
    if declared > limit:
        raise Refusal(413, rules.too_large(limit, declared))
    size = 0
    while chunk := request.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise Refusal(413, rules.too_large(limit, size))
        file.write(chunk)
    if not size:
        raise Refusal(400, _("The file is empty."))
    return size

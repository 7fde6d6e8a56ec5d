"""Where files are kept: Django's default storage, under names that say nothing and cannot be guessed."""

from __future__ import annotations

from typing import BinaryIO
from uuid import UUID, uuid4

import msgspec
import structlog
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils import timezone

from conversations.media.picture import look
from conversations.media.sniff import base

log = structlog.get_logger(__name__)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A file in the storage: its name there, that of its small picture, and its size as an image; empty and ``None`` if none."""

    stored_as: str
    thumbnail: str = ""
    width: int | None = None
    height: int | None = None


def keep(workspace_id: UUID, mime_type: str, file: BinaryIO) -> Kept:
    """Put a file into the storage, with a small picture where it is an image. Raises ``OSError`` when the storage fails.

    Nobody knows the name until a row holds it, so a half-written file is never shown. The storage may be far: never call this
    inside a transaction.
    """
    picture = look(file) if base(mime_type).startswith("image/") else None
    file.seek(0)
    stored_as = default_storage.save(_name(workspace_id), File(file))
    if picture is None:
        return Kept(stored_as=stored_as)
    try:
        thumbnail = default_storage.save(_name(workspace_id), ContentFile(picture.small)) if picture.small else ""
    except BaseException:
        drop(stored_as)
        raise
    return Kept(stored_as=stored_as, thumbnail=thumbnail, width=picture.width, height=picture.height)


def _name(workspace_id: UUID) -> str:
    return f"{workspace_id}/{timezone.now():%Y/%m}/{uuid4()}"


def drop(*names: str) -> None:
    """Delete files that no row names any more; one that will not go is left and logged."""
    for name in filter(None, names):
        try:
            default_storage.delete(name)
        except OSError as error:
            log.warning("a file stays in the storage", file=name, error=type(error).__name__)

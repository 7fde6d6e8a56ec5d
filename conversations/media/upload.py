"""What agents and visitors send along: looked at by its bytes, held against the channel's rules, kept until it is said."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.channels.adapter import Adapter
from conversations.feed import Change
from conversations.media import rules
from conversations.media.names import clean_name
from conversations.media.scan import Objected, look_over
from conversations.media.sniff import FORBIDDEN, HEAD, LYING, PROGRAMS, base, masked, sniff
from conversations.media.store import Kept, drop, keep
from conversations.models import Attachment
from conversations.refusal import Refused, TooLate
from conversations.wake import Work
from hub.ids import new_id
from hub.models import User, Workspace

UNUSED_DAYS = 1
PURGED_AT_ONCE = 500


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """A file in the storage that no row names yet."""

    kind: str
    mime_type: str
    filename: str
    size: int
    sha256: str
    kept: Kept


class Asked(msgspec.Struct, frozen=True):
    """A file that is asked for again, what the feed tells of it, and who must be woken."""

    attachment: Attachment
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def bring(
    workspace_id: UUID, filename: str, claimed_type: str, size: int, file: BinaryIO, adapter: Adapter | None = None
) -> Brought:
    """Look at an uploaded file and put it into the storage. Raises ``Refused`` (field ``file``) before anything is kept.

    ``adapter`` holds it against one kind of channel; without it, some channel must take it. Never inside a transaction: the
    storage may be far.
    """
    if size == 0:
        raise Refused("file", _("The file is empty."))
    if size > settings.MEDIA_MAX_BYTES:
        raise Refused("file", rules.too_large(settings.MEDIA_MAX_BYTES, size))
    file.seek(0)
    mime_type = _type(claimed_type, file.read(HEAD))
    if mime_type in PROGRAMS:
        raise Refused("file", _(FORBIDDEN))
    name = clean_name(filename)
    if masked(name, mime_type):
        raise Refused("file", _(LYING))
    kind = rules.kind_for(adapter, name, mime_type, size) if adapter else rules.kind_for_any(name, mime_type, size)
    try:
        look_over(file)
    except Objected as error:
        raise Refused("file", _(error.sentence)) from error
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # any readable object will do
    kept = keep(workspace_id, mime_type, file)
    return Brought(kind=kind, mime_type=mime_type, filename=name, size=size, sha256=digest, kept=kept)


def _type(claimed: str, head: bytes) -> str:
    """Return the type the bytes show; of what shows none, the one that was said, unless browsers would show or run it."""
    found, said = sniff(head), base(claimed)
    if found == "application/zip" and ("openxml" in said or "opendocument" in said):
        return said
    if found == "audio/mp4" or not said.startswith(("application/", "text/")):
        return found
    plain = found in {"application/octet-stream", "text/plain", "application/msword"}
    risky = any(word in said for word in ("html", "xml", "script", "octet-stream", "pdf", "zip"))
    return said if plain and not risky else found


def register(workspace: Workspace, user: User | None, brought: Brought) -> Attachment:
    """Write the row of a file that was brought: nobody's message yet."""
    return Attachment.objects.create(
        id=new_id(),
        workspace=workspace,
        kind=brought.kind,
        mime_type=brought.mime_type,
        filename=brought.filename,
        size=brought.size,
        sha256=brought.sha256,
        state="stored",
        stored_as=brought.kept.stored_as,
        thumbnail=brought.kept.thumbnail,
        width=brought.kept.width,
        height=brought.kept.height,
        uploaded_by=user,
    )


def ask_again(workspace: Workspace, attachment_id: UUID) -> Asked:
    """Let a file that did not come be fetched once more. Raises ``Attachment.DoesNotExist``, and ``TooLate`` when it came."""
    row = (
        Attachment.objects.of(workspace).select_for_update(of=("self",), no_key=True).select_related("message")
        .get(pk=attachment_id)
    )  # fmt: skip
    if row.state == "pending":
        return Asked(row)
    if row.state == "stored" or row.message is None:
        raise TooLate(_("This file is here already."))
    row.state, row.reason, row.attempts, row.not_before = "pending", "", 0, timezone.now()
    row.save(update_fields=["state", "reason", "attempts", "not_before"])
    change = Change("message.updated", row.message.pk, row.message.conversation_id)
    return Asked(row, (change,), ("media",))


def forget_unused() -> int:
    """Delete uploads of more than a day ago that nobody sent, files included; return how many. For the hourly purge."""
    old = timezone.now() - timedelta(days=UNUSED_DAYS)
    with transaction.atomic():
        rows = list(
            Attachment.objects.filter(message=None, created_at__lt=old)
            .order_by("id")
            .select_for_update(skip_locked=True)[:PURGED_AT_ONCE]
        )
        Attachment.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        drop(row.stored_as, row.thumbnail)
    return len(rows)

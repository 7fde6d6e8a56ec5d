"""Addresses of files: for members by permission, for providers and visitors signed and short-lived."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.signing import BadSignature, Signer

from conversations.channels.types import OutboundFile
from conversations.media.names import given_name
from conversations.media.sniff import base
from conversations.models import Attachment, Message
from hub.models import Workspace

SALT = "novelo.attachment"
PROVIDER_SECONDS = 600  # a provider fetches when it sends; what waits longer is with us, and is signed when it leaves
KINDS = {"image", "audio", "video", "document", "sticker"}


def path(attachment: Attachment) -> str:
    """Return the address a member of the workspace opens it at."""
    return f"{settings.PUBLIC_URL}/attachments/{attachment.pk}/"


def signed_link(attachment: Attachment, seconds: int) -> str:
    """Return an address that opens the file for whoever has it, for so many seconds; ``&size=thumb`` may follow it."""
    until = int(time.time()) + seconds
    return f"{path(attachment)}?until={until}&sig={_sign(str(attachment.pk), str(until))}"


def opens(attachment_id: str, until: str, signature: str) -> bool:
    """Whether a signed address is ours and its time has not run out."""
    try:
        Signer(salt=SALT).unsign(f"{attachment_id}.{until}:{signature}")
    except BadSignature:
        return False
    return until.isdigit() and int(until) >= time.time()


def _sign(attachment_id: str, until: str) -> str:
    return Signer(salt=SALT).signature(f"{attachment_id}.{until}")


def outbound_files(message: Message) -> tuple[OutboundFile, ...]:
    """Return the files of a message as a channel sends them, in the order they were put there; of stored ones only."""
    workspace = Workspace(pk=message.workspace_id)
    rows = Attachment.objects.of(workspace).filter(message=message, state="stored").order_by("id")
    return tuple(
        OutboundFile(
            kind=row.kind if row.kind in KINDS else "document",  # type: ignore[arg-type]  # one of KINDS
            mime_type=base(row.mime_type),
            filename=given_name(row.filename, row.kind, row.mime_type),
            size=row.size or 0,
            stored_as=row.stored_as,
            link=signed_link(row, PROVIDER_SECONDS),
            voice=row.voice,
        )
        for row in rows
    )

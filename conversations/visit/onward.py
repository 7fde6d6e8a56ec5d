"""Going on elsewhere: an invitation's code, the link and the picture that carry a visitor to another channel."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
import qrcode  # type: ignore[import-untyped]
import qrcode.image.svg  # type: ignore[import-untyped]
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.models import Channel, Conversation, Customer, Identity, Invitation
from conversations.refusal import Refused
from conversations.visit.place import Place
from conversations.visit.session import Session
from hub.models import Workspace

KINDS = ("whatsapp", "twilio_whatsapp")  # what has links that begin a talk with a text
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nobody takes one for another
CODE_LENGTH = 12
VALID = timedelta(days=2)


class Onward(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as it is handed out: the link opens the other channel with the code already written."""

    id: UUID
    code: str
    channel: UUID
    kind: str
    name: str
    url: str
    qr: str
    expires_at: str
    changes: tuple[Any, ...] = ()
    work: tuple[Any, ...] = ()


def number_of(channel: Channel) -> str:
    """Return a channel's telephone number as digits, empty while nobody has said it."""
    said = channel.settings.get("display_number") or (channel.address if channel.address.startswith("+") else "")
    return re.sub(r"\D", "", said) if isinstance(said, str) else ""


def ways(place: Place) -> list[dict[str, str]]:
    """Return the channels a visitor can go on with."""
    rows = Channel.objects.of(Workspace(pk=place.workspace_id)).filter(kind__in=KINDS, deleted_at=None, stopped_at=None)
    return [{"id": str(row.pk), "name": "WhatsApp"} for row in rows.order_by("created_at", "id") if number_of(row)][:1]


def invite(workspace: Workspace, customer: Customer, channel_id: UUID) -> Onward:
    """Make an invitation of a customer to a channel. Raises ``Refused`` for a channel that has no such links."""
    channel = Channel.objects.of(workspace).filter(pk=channel_id, deleted_at=None).first()
    if channel is None:
        raise Refused("channel", _("There is no such channel."))
    number = number_of(channel)
    if channel.kind not in KINDS or not number:
        raise Refused("channel", _("Nobody can be invited to this channel: it has no telephone number on WhatsApp."))
    row = Invitation.objects.create(
        workspace=workspace,
        customer=customer,
        channel=channel,
        code="".join(secrets.choice(LETTERS) for _i in range(CODE_LENGTH)),
        expires_at=timezone.now() + VALID,
    )
    return Onward(
        id=row.pk,
        code=row.code,
        channel=channel.pk,
        kind=channel.kind,
        name=channel.name,
        url=link(number, row.code),
        qr=f"{settings.PUBLIC_URL}/invitations/{row.code}.svg",
        expires_at=row.expires_at.astimezone(UTC).isoformat(),
    )


def invite_customer_of(workspace: Workspace, conversation_id: UUID, channel_id: UUID) -> Onward:
    """Make an invitation for the customer of a conversation. Raises ``Conversation.DoesNotExist`` and ``Refused``."""
    row = Conversation.objects.of(workspace).select_related("customer").get(pk=conversation_id)
    return invite(workspace, row.customer, channel_id)


def customer_of(place: Place, session: Session) -> Customer | None:
    """Return who a visitor is here, ``None`` for one who has not written yet."""
    workspace = Workspace(pk=place.workspace_id)
    known = Identity.objects.of(workspace).filter(kind="visitor", value=session.visitor).select_related("customer")
    found = known.first()
    return found.customer if found else None


def link(number: str, code: str) -> str:
    """Return the address that opens WhatsApp with the code written."""
    text = _("Hello! I would like to go on here.") + f" #{code}"
    return f"https://wa.me/{number}?text={quote(text)}"


def picture(code: str) -> bytes | None:
    """Return the link of an open invitation as a drawing to scan, ``None`` for a code that opens nothing."""
    row = Invitation.objects.filter(code=code, used_at=None, expires_at__gt=timezone.now())
    found = row.select_related("channel").first()
    if found is None:
        return None
    drawn = BytesIO()
    qrcode.make(link(number_of(found.channel), code), image_factory=qrcode.image.svg.SvgPathImage, border=2).save(drawn)
    return drawn.getvalue()

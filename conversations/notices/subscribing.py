"""Which browsers of a member want to be told while they are closed."""

from __future__ import annotations

import base64
import binascii

from django.db import transaction
from django.utils.translation import gettext as _

from conversations.channels import hook
from conversations.models import PushSubscription
from conversations.refusal import Refused
from hub.models import User, Workspace

LENGTH, MOST = 2_000, 20
KEY_BYTES, SECRET_BYTES = 65, 16


def subscribe(workspace: Workspace, user: User, endpoint: str, public_key: str, auth_secret: str) -> PushSubscription:
    """Keep a browser; the same one again is renewed. Raises ``Refused`` for an address or keys that are none."""
    if len(endpoint) > LENGTH or "\0" in endpoint or not hook.usable(endpoint):
        raise Refused("endpoint", _("This is no address of the internet that begins with https://."))
    for field, value, length in (("p256dh", public_key, KEY_BYTES), ("auth", auth_secret, SECRET_BYTES)):
        if len(raw(value)) != length:
            raise Refused(field, _("This is no key."))
    with transaction.atomic():
        PushSubscription.objects.filter(endpoint=endpoint).exclude(
            user=user
        ).delete()  # the browser is another one's now
        row, _new = PushSubscription.objects.update_or_create(
            user=user,
            endpoint=endpoint,
            defaults={
                "workspace": workspace, "public_key": public_key, "auth_secret": auth_secret, "failed_at": None,
            },
        )  # fmt: skip
        mine = PushSubscription.objects.of(workspace).filter(user=user).order_by("-created_at", "-pk")
        PushSubscription.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[MOST:])).delete()
    return row


def unsubscribe(workspace: Workspace, user: User, endpoint: str) -> None:
    """Forget a browser."""
    PushSubscription.objects.of(workspace).filter(user=user, endpoint=endpoint).delete()


def raw(text: str) -> bytes:
    """Return the bytes of a key in base64 for addresses; none of what is not."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""

"""Who takes part: a business number as Meta knows it, and the people who write to it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class BusinessNumber:
    """A WhatsApp number of a business, the app that serves it and the hub its webhooks go to.

    ``access_token`` opens Graph for this number, ``app_secret`` signs its webhooks; the same ``phone_number_id`` may
    exist twice with different tokens.
    """

    phone_number_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    webhook_url: str
    display_phone_number: str = "551130040000"
    verified_name: str = "Loja Novelo"
    business_account_id: str = "208000000000001"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody on WhatsApp: ``wa_id`` digits without ``+``, ``user_id`` the business-scoped id (BSUID).

    ``phone_hidden`` is a person with a user name whose number the business does not get to see.
    """

    wa_id: str
    name: str
    user_id: str
    username: str = ""
    phone_hidden: bool = False

    @property
    def lane(self) -> str:
        """What keeps this person's messages in order: the one id that every webhook about the person carries."""
        return self.user_id

    def contact(self, *, with_username: bool = True) -> dict[str, object]:
        """Return the ``contacts[]`` entry of a webhook about this person."""
        profile = {"name": self.name}
        if self.username and with_username:
            profile["username"] = self.username
        phone = {} if self.phone_hidden else {"wa_id": self.wa_id}
        return {"profile": profile, **phone, "user_id": self.user_id}


def user_id_of(wa_id: str) -> str:
    """Return the BSUID this simulator gives to a phone: always the same one, ``BR.`` and 18 digits."""
    digest = hashlib.sha256(f"bsuid:{wa_id}".encode()).digest()
    return f"BR.{int.from_bytes(digest[:8], 'big') % 10**18:018d}"


def stranger(wa_id: str, name: str = "") -> Person:
    """Return a person of whom nothing but a number is known."""
    return Person(wa_id=wa_id, name=name or f"Cliente {wa_id[-4:]}", user_id=user_id_of(wa_id))


def wamid(wa_id: str, key: str) -> str:
    """Return a message id in WhatsApp's shape: ``wamid.`` and base64 of the number and a digest of ``key``.

    The same arguments give the same id, so a seeded run can be repeated and told apart by its key.
    """
    digest = hashlib.sha256(key.encode()).hexdigest()[:20].upper().encode()
    number = wa_id.encode()
    raw = (
        b"\x1d\x18" + bytes([len(number)]) + number + b"\x15\x02\x00\x12\x18" + bytes([len(digest)]) + digest + b"\x00"
    )
    return "wamid." + base64.b64encode(raw).decode()

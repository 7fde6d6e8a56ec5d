"""Whether a shop's site really said who its visitor is: a short-lived token (JWT, HS256) signed with a key of the channel."""

from __future__ import annotations

import re
import time
from typing import Any
from uuid import UUID

import jwt
from django.utils.translation import gettext as _

from conversations.channels.reading import clean
from conversations.channels.webchat.bodies import Identity

LONGEST_SECONDS = 86_400  # a token that lives longer than a day is as good as a password
LEEWAY_SECONDS = 30  # clocks of shops go wrong
TOKEN_LENGTH = 4_000
VALUE_LENGTH, NAME_LENGTH = 200, 160
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,130}")
_PHONE = re.compile(r"\+[1-9][0-9]{5,14}")


class Unproven(Exception):
    """The token proves nothing: ``sentence`` says why, for whoever builds the site."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def identity_in(token: str, channel: UUID, keys: tuple[str, ...]) -> Identity:
    """Return whom the token names. Raises ``Unproven`` for any that is forged, expired, too long-lived or for another chat."""
    if not token or len(token) > TOKEN_LENGTH:
        raise Unproven(_("The identity token cannot be read."))
    return _identity(_claims(token, channel, keys))


def _claims(token: str, channel: UUID, keys: tuple[str, ...]) -> dict[str, Any]:
    for key in keys:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["HS256"],  # never what the token itself asks for
                audience=str(channel),
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "aud", "sub"]},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError as error:
            raise Unproven(_("The identity token has expired.")) from error
        except jwt.InvalidAudienceError as error:
            raise Unproven(_("The identity token is meant for another chat.")) from error
        except jwt.MissingRequiredClaimError as error:
            raise Unproven(_("The identity token must hold %(name)s.") % {"name": error.claim}) from error
        except jwt.PyJWTError as error:
            raise Unproven(_("The identity token cannot be read.")) from error
        if claims["exp"] > time.time() + LONGEST_SECONDS + LEEWAY_SECONDS:
            raise Unproven(_("The identity token must expire within a day."))
        return claims
    raise Unproven(_("The identity token is not signed with a key of this chat."))


def _identity(claims: dict[str, Any]) -> Identity:
    email, phone = _text(claims, "email").lower(), _text(claims, "phone")
    external_id = _text(claims, "sub")
    if not external_id:
        raise Unproven(_("The identity token must hold %(name)s.") % {"name": "sub"})
    if email and not _EMAIL.fullmatch(email):
        raise Unproven(_("The e-mail address in the identity token is none."))
    if phone and not _PHONE.fullmatch(phone):
        raise Unproven(_("The telephone number in the identity token must be written like +5511987654321."))
    return Identity(external_id=external_id, name=_text(claims, "name")[:NAME_LENGTH], email=email, phone=phone)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name) or ""
    if not isinstance(value, str) or len(value) > VALUE_LENGTH:
        raise Unproven(_("%(name)s in the identity token must be a short text.") % {"name": name})
    return clean(value).strip()

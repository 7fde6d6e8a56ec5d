"""The link to a survey's own page: signed, good for seven days, and for one answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing

GOOD_FOR = timedelta(days=7)
SALT = "conversations.surveys.link"


def token_of(request_id: UUID) -> str:
    """Return what stands in the address of a request's page."""
    return signing.dumps(request_id.hex, salt=SALT)


def address_of(request_id: UUID) -> str:
    """Return the address of a request's page."""
    return f"{settings.PUBLIC_URL}/survey/{token_of(request_id)}/"


def request_of(token: str) -> UUID | None:
    """Return the request that a token means; None for one that is forged or too old."""
    try:
        return UUID(signing.loads(token, salt=SALT, max_age=GOOD_FOR))
    except (signing.BadSignature, ValueError):
        return None

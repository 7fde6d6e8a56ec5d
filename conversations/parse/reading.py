"""What the bytes of one delivery say, read by its provider's adapter; whatever is in them, nobody else's reading stops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec
import structlog
from django.conf import settings

from conversations.channels.registry import PROVIDERS
from conversations.channels.types import Parsed, RawRequest

log = structlog.get_logger(__name__)


class Read(msgspec.Struct, kw_only=True):
    """A delivery and what its bytes came to."""

    id: UUID
    received_at: Any
    parsed: Parsed


def read(provider_name: str, row: Sequence[Any]) -> Read:
    """Understand one delivery; never raises because of content."""
    delivery_id, method, url, content_type, body, attempts, received_at, kept = row
    if attempts > settings.ITEM_MAX_ATTEMPTS:
        parsed = Parsed(outcome="invalid", reason="It stopped the worker each time it was read.")
        return Read(id=delivery_id, received_at=received_at, parsed=parsed)
    request = RawRequest(
        method=method,
        url=url,
        query=parse_qs(urlsplit(url).query, keep_blank_values=True),
        headers={"content-type": content_type, **(msgspec.json.decode(kept) if kept != "{}" else {})},
        body=bytes(body),
        content_type=content_type,
    )
    provider = PROVIDERS.get(provider_name)
    if provider is None:
        parsed = Parsed(outcome="invalid", reason=f"No adapter reads {provider_name}.")
    else:
        try:
            parsed = provider.parse(request)
        except Exception as error:
            log.exception("a body could not be parsed", delivery=str(delivery_id))
            parsed = Parsed(outcome="invalid", reason=f"The reader failed: {type(error).__name__}.")
    return Read(id=delivery_id, received_at=received_at, parsed=parsed)

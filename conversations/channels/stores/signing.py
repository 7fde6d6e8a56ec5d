"""Proving that a store's webhook is its own: HMAC-SHA256 over the raw bytes, with any of several secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable


def signed(body: bytes, given: bytes, secrets: Iterable[str], written: str) -> bool:
    """Whether ``given`` is the HMAC of ``body`` with one of the secrets, ``written`` as ``base64`` or ``hex``.

    Every secret is tried, in equal time. False without any.
    """
    proven = False
    for secret in filter(None, secrets):
        digest = hmac.new(secret.encode("utf-8", "surrogatepass"), body, hashlib.sha256)
        told = base64.b64encode(digest.digest()) if written == "base64" else digest.hexdigest().encode()
        proven |= hmac.compare_digest(given, told)
    return proven


def header(text: str) -> bytes:
    """Encode a header for comparing: ``compare_digest`` refuses text that is not ASCII, and a header may hold anything."""
    return text.strip().encode("utf-8", "surrogatepass")

"""Secrets at rest: authenticated encryption bound to the row, with a ring of keys for rotation."""

from __future__ import annotations

import base64
import binascii
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """No key in ENCRYPTION_KEYS opens this secret: put the key that sealed it back at the end of the list."""


def _keys() -> list[AESGCM]:
    """Return the ring: the first key seals, all of them open."""
    try:
        keys = [AESGCM(base64.urlsafe_b64decode(key)) for key in settings.ENCRYPTION_KEYS]
    except (ValueError, binascii.Error) as error:
        message = "ENCRYPTION_KEYS must be a comma-separated list of url-safe base64 keys of 32 bytes."
        raise ImproperlyConfigured(message) from error
    if not keys:
        message = "ENCRYPTION_KEYS is empty: no secret can be kept."
        raise ImproperlyConfigured(message)
    return keys


def seal(value: Any, bound_to: str) -> bytes:
    """Encrypt a JSON value; it opens again only with the same ``bound_to``."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _keys()[0].encrypt(nonce, json.dumps(value).encode(), bound_to.encode())


def unseal(sealed: bytes, bound_to: str) -> Any:
    """Decrypt what ``seal`` made. Raises ``SecretUnreadable`` for a foreign row, a lost key or a changed byte."""
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    for key in _keys():
        try:
            return json.loads(key.decrypt(nonce, body, bound_to.encode()))
        except InvalidTag:
            continue
    raise SecretUnreadable(SecretUnreadable.__doc__)


class SealedBox(models.BinaryField):
    """A binary column that holds what ``seal`` made; rows read and write it through ``seal`` and ``unseal`` by name."""

    def bound_to(self, row: models.Model) -> str:
        """Name the row and column: a ciphertext copied elsewhere does not open."""
        return f"{row._meta.label_lower}|{row.pk}|{self.name}"

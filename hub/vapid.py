"""Who we are to push services: a key pair that follows from the house's secret, and the proof that goes with each push."""

from __future__ import annotations

import base64
import time
from functools import cache

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256
HOURS_12 = 12 * 3600


@cache
def _key(secret: str) -> ec.EllipticCurvePrivateKey:
    """Return the key of a secret: always the same, so that browsers stay subscribed."""
    stream = HKDF(hashes.SHA256(), length=48, salt=None, info=b"novelo web push").derive(secret.encode())
    return ec.derive_private_key(int.from_bytes(stream) % (ORDER - 1) + 1, ec.SECP256R1())


def public_key() -> str:
    """Return our public key as browsers take it: the point, in base64 for addresses."""
    point = _key(settings.SECRET_KEY).public_key()
    raw = point.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def proof(audience: str) -> str:
    """Return the value of ``Authorization`` for a push service, ``audience`` its origin; it holds for twelve hours."""
    claims = {"aud": audience, "exp": int(time.time()) + HOURS_12, "sub": settings.PUBLIC_URL}
    return f"vapid t={jwt.encode(claims, _key(settings.SECRET_KEY), 'ES256')}, k={public_key()}"

"""How Graph says no: its documented codes, their HTTP statuses and the error object around them."""

from __future__ import annotations

import random
from typing import Any

import msgspec

TITLES: dict[int, str] = {
    0: "AuthException",
    1: "API Unknown",
    2: "API Service",
    3: "API Method",
    4: "API Too Many Calls",
    10: "Permission Denied",
    33: "Parameter value is not valid",
    100: "Invalid parameter",
    190: "Access token has expired",
    368: "Temporarily blocked for policies violations",
    80007: "Rate limit issues",
    130429: "Rate limit hit",
    130472: "User's number is part of an experiment",
    130497: "Business account is restricted from messaging users in this country",
    131000: "Something went wrong",
    131005: "Access denied",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131016: "Service unavailable",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131030: "Recipient phone number not in allowed list",
    131031: "Account has been locked",
    131037: "Display name approval needed",
    131042: "Business eligibility payment issue",
    131045: "Incorrect certificate",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131049: "Meta chose not to deliver",
    131050: "User has stopped marketing messages",
    131051: "Unsupported message type",
    131052: "Media download error",
    131053: "Media upload error",
    131056: "Pair rate limit hit",
    131057: "Account in maintenance mode",
    131062: "Message type is not supported for a business-scoped user id",
    132000: "Template parameter count mismatch",
    132001: "Template does not exist",
    132005: "Template hydrated text too long",
    132007: "Template format character policy violated",
    132012: "Template parameter format mismatch",
    132015: "Template is paused",
    132016: "Template is disabled",
    133004: "Server temporarily unavailable",
    133016: "Account register deregister rate limit exceeded",
    135000: "Generic user error",
}

_HTTP_STATUS: dict[int, int] = {
    0: 401, 2: 503, 3: 500, 4: 429, 10: 403, 190: 401, 368: 403, 80007: 429, 130429: 429, 131000: 500, 131005: 403,
    131016: 503, 131031: 403, 131048: 429, 131056: 429, 131057: 503, 132001: 404, 133004: 503, 133016: 429,
}  # fmt: skip
_TRANSIENT = frozenset({1, 2, 131000, 131016, 133004})


class Refusal(Exception):
    """Graph does not do what was asked: ``code``, a sentence of ``details`` and the HTTP ``status``.

    ``message`` replaces the usual text, ``subcode`` and ``retry_after`` (seconds) come along when given.
    """

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        message: str = "",
        subcode: int | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        self.message = message or f"(#{code}) {TITLES.get(code, 'Unknown error')}"
        self.subcode = subcode
        self.status = status or _HTTP_STATUS.get(code, 400)
        self.retry_after = retry_after

    def document(self, rng: random.Random) -> dict[str, Any]:
        """Return the error object of the answer, with a fresh ``fbtrace_id``."""
        trace = "A" + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", k=22))
        error: dict[str, Any] = {"message": self.message, "type": "OAuthException", "code": self.code}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.code in _TRANSIENT:
            error["is_transient"] = True
        return {"error": error | {"fbtrace_id": trace}}

    def answer_body(self, rng: random.Random) -> bytes:
        """Return the error object as JSON bytes."""
        return msgspec.json.encode(self.document(rng))


def status_error(code: int, details: str = "") -> dict[str, Any]:
    """Return the ``errors[]`` entry of a ``failed`` status."""
    title = TITLES.get(code, "Unknown error")
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or f"{title}."},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }

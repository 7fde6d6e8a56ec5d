"""Twilio's own client over the house's way out: its calls keep our timeouts, our record, and say in our words what came.

Imported only by what is about to call: the library takes a quarter of a second to load, and the door never calls.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx2
from django.conf import settings
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from conversations.channels.http import NOT_SENT, call
from conversations.channels.reading import NotReadableError, decode, mapping, text_of
from conversations.channels.twilio.errors import (
    NO_ACCESS,
    NO_TOKEN,
    NOT_ACCEPTED,
    NOT_REACHED,
    TOO_FAST,
    TWILIO,
    code_of,
    error_of,
)
from conversations.channels.types import Credentials, Error, SendRefused, SendUnknown

REAL = "https://api.twilio.com"
_LONGEST_WAIT = 86_400.0
_logger = logging.getLogger(__name__)


class Wire(HttpClient):
    """Carries the library's requests. ``harmless`` ones change nothing, so that one without an answer may be repeated."""

    def __init__(self, secrets: Iterable[str], *, harmless: bool) -> None:
        super().__init__(_logger, is_async=False)
        self.secrets = tuple(secrets)
        self.harmless = harmless

    def request(  # noqa: PLR0913, PLR0917  the library's own signature
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001, FBT002
    ) -> Response:
        """Make one request and return its answer when that is a 2xx. Raises ``SendRefused`` or ``SendUnknown`` else."""
        given = dict(headers or {})
        as_json = given.pop("Content-Type", "").startswith("application/json")
        body: dict[str, Any] = {"json" if as_json else "data": data} if data else {}
        if asked := {name: value for name, value in (params or {}).items() if value is not None}:
            body["params"] = asked
        base, path = place_of(uri)
        try:
            answer = call(base, method, path, secrets=self.secrets, headers=given, auth=auth, **body)
        except NOT_SENT as error:
            raise SendRefused(Error(code=type(error).__name__, title=NOT_REACHED, error_class="transient")) from None
        except httpx2.HTTPError as error:
            raise self._lost(type(error).__name__) from None
        if not answer.is_success:
            raise self._refusal(answer)
        return Response(answer.status_code, answer.text, answer.headers)

    def _lost(self, why: str) -> SendRefused | SendUnknown:
        """The request was written and nobody said what came of it."""
        if self.harmless:
            return SendRefused(Error(code="no_answer", title=NOT_REACHED, error_class="transient"))
        return SendUnknown(why)

    def _refusal(self, answer: httpx2.Response) -> SendRefused | SendUnknown:
        """Read an answer that is no 2xx: by Twilio's code where it gives one we know, else by the HTTP status."""
        status, wait = answer.status_code, _retry_after(answer)
        try:
            told = mapping(decode(answer.content))
        except NotReadableError:
            told = {}
        code = code_of(text_of(told.get("code")))
        _logger.info("Twilio refused a request: HTTP %d, code %d", status, code)
        words = text_of(told.get("message"))
        for secret in filter(None, self.secrets):
            words = words.replace(secret, "…")
        if code in TWILIO:
            return SendRefused(error_of(code, words), wait)
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            return SendRefused(Error(code="http_429", title=TOO_FAST, error_class="throttle"), wait)
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR or status == httpx2.codes.REQUEST_TIMEOUT:
            return self._lost(f"http_{status}")
        if status in {httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN} or answer.is_redirect:
            return SendRefused(Error(code=str(code or f"http_{status}"), title=NO_ACCESS, error_class="channel"))
        return SendRefused(Error(code=str(code or f"http_{status}"), title=NOT_ACCEPTED, detail=words[:1000]))


def client(credentials: Credentials, *, secrets: Iterable[str] = (), harmless: bool = False) -> Client:
    """Return a client that proves itself with account SID and the first auth token. Raises ``SendRefused`` without them.

    ``secrets`` are kept out of the record beside the token, also as they look in a form.
    """
    token = next(filter(None, credentials.auth_tokens), "")
    if not _usable(token) or not re.fullmatch(r"[A-Za-z0-9_]{1,64}", credentials.account_sid):
        raise SendRefused(Error(code="credentials", title=NO_TOKEN, error_class="channel"))
    hidden = [form for secret in (token, *secrets) for form in (secret, quote_plus(secret))]
    wire = Wire(hidden, harmless=harmless)
    # Whatever this machine's environment says of Twilio is not ours: credentials are a connection's.
    return Client(credentials.account_sid, token, http_client=wire, environment={"novelo": "1"})


def place_of(uri: str) -> tuple[str, str]:
    """Return base and path of a request: Twilio's own hosts, or all of them at ``TWILIO_API_URL`` where that is another."""
    parts = urlsplit(uri)
    base = f"https://{parts.netloc}" if settings.TWILIO_API_URL == REAL else settings.TWILIO_API_URL
    return base, parts.path + (f"?{parts.query}" if parts.query else "")


def _usable(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable()


def _retry_after(answer: httpx2.Response) -> float | None:
    header = answer.headers.get("retry-after", "").strip()
    return min(float(header), _LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,9}", header) else None

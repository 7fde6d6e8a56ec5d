"""The Graph API of Meta on the way out: one call, and what its answer means.

Three ends are told apart, because they decide what happens next: taken, refused (``SendRefused``: nothing left), and
unknown (``SendUnknown``: the request was written and nobody said what came of it). Tokens never reach a text that is kept.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx2
from django.conf import settings

from conversations.channels.graph_errors import NO_TOKEN, NOT_ACCEPTED, NOT_REACHED, TOO_FAST
from conversations.channels.http import NOT_SENT, call
from conversations.channels.reading import NotReadableError, decode, mapping, text_of
from conversations.channels.types import Error, ErrorClass, SendRefused, SendUnknown

ErrorReader = Callable[[Mapping[str, Any]], Error]

logger = logging.getLogger(__name__)

_TOKEN = re.compile(r"\b(?:EAA|IGA)[A-Za-z0-9_-]{10,}")
_LONGEST_WAIT = 86_400.0


def post(path: str, body: Mapping[str, Any], token: str, read_error: ErrorReader, *, host: str = "") -> dict[str, Any]:
    """POST ``body`` to ``{host}/{version}/{path}`` and return the object Graph answered with a 2xx.

    ``host`` is ``GRAPH_API_URL`` unless given. Raises ``SendRefused`` (its ``error`` made by ``read_error`` from Graph's
    own) or ``SendUnknown``.
    """
    return _ask("POST", path, token, read_error, host, json=body)


def upload(
    path: str, form: Mapping[str, str], files: Mapping[str, Any], token: str, read_error: ErrorReader
) -> dict[str, Any]:
    """POST a file with its form fields; answers and raises as ``post`` does."""
    return _ask("POST", path, token, read_error, "", data=form, files=files)


def get(path: str, params: Mapping[str, str], token: str, read_error: ErrorReader, *, host: str = "") -> dict[str, Any]:
    """GET an object; answers and raises as ``post`` does, but asking twice is harmless: no answer is a transient refusal."""
    try:
        return _ask("GET", path, token, read_error, host, params=params)
    except SendUnknown:
        raise SendRefused(Error(code="no_answer", title=NOT_REACHED, error_class="transient")) from None


def _ask(method: str, path: str, token: str, read_error: ErrorReader, host: str, **body: Any) -> dict[str, Any]:
    if not token or not (token.isascii() and token.isprintable()):
        raise SendRefused(Error(code="access_token", title=NO_TOKEN, error_class="channel"))
    url, headers = f"/{settings.GRAPH_API_VERSION}/{path}", {"Authorization": f"Bearer {token}"}
    try:
        response = call(host or settings.GRAPH_API_URL, method, url, secrets=(token,), headers=headers, **body)
    except NOT_SENT as error:
        raise SendRefused(Error(code=type(error).__name__, title=NOT_REACHED, error_class="transient")) from None
    except httpx2.HTTPError as error:
        raise SendUnknown(type(error).__name__) from None
    return _answer(response, token, read_error)


def segment(value: str) -> str:
    """Return ``value`` as one segment of a path: an id from outside can never leave its place."""
    return quote(value, safe="")


def _answer(response: httpx2.Response, token: str, read_error: ErrorReader) -> dict[str, Any]:
    answer = _object(response.content)
    if error := mapping(answer.get("error")):
        raise SendRefused(_refusal(error, response.status_code, token, read_error), _retry_after(response))
    if response.is_success:
        return answer
    status = response.status_code
    if status == httpx2.codes.TOO_MANY_REQUESTS:
        raise SendRefused(Error(code="http_429", title=TOO_FAST, error_class="throttle"), _retry_after(response))
    if status >= httpx2.codes.INTERNAL_SERVER_ERROR or status == httpx2.codes.REQUEST_TIMEOUT:
        raise SendUnknown(f"http_{status}")
    error_class: ErrorClass = "channel" if status == httpx2.codes.UNAUTHORIZED or response.is_redirect else "permanent"
    raise SendRefused(Error(code=f"http_{status}", title=NOT_ACCEPTED, error_class=error_class))


def _object(body: bytes) -> dict[str, Any]:
    try:
        return mapping(decode(body))
    except NotReadableError:
        return {}


def _refusal(raw: Mapping[str, Any], status: int, token: str, read_error: ErrorReader) -> Error:
    """Read Graph's own words. The HTTP status speaks only for a code nobody knows; a token repeated in the text is cut out."""
    code, trace = text_of(raw.get("code"))[:20], text_of(raw.get("fbtrace_id"))[:64]
    logger.info("Graph refused a request: HTTP %d, code %r, fbtrace_id %r", status, code, trace)
    error = read_error({"is_transient": status >= httpx2.codes.INTERNAL_SERVER_ERROR, **raw})
    too_fast = status == httpx2.codes.TOO_MANY_REQUESTS and error.error_class in {"permanent", "transient"}
    return Error(
        code=error.code,
        title=TOO_FAST if too_fast else error.title,
        detail=_TOKEN.sub("…", error.detail.replace(token, "…")),
        error_class="throttle" if too_fast else error.error_class,
    )


def _retry_after(response: httpx2.Response) -> float | None:
    """Return the seconds of ``Retry-After``, given as a number or as a date, at most a day."""
    header = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", header):
        return min(float(header), _LONGEST_WAIT)
    try:
        wait = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 0.0), _LONGEST_WAIT)

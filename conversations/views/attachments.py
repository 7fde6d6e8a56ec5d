"""Files handed out: to members of their workspace, to programs with its token, to whoever holds a signed address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import structlog
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from conversations.media import links
from conversations.media.names import disposition, given_name
from conversations.media.sniff import INLINE, base
from conversations.models import Attachment
from hub.access import Caller, caller_of_token
from hub.problems import refuse

log = structlog.get_logger(__name__)

CHUNK = 64 * 1024
CACHE_SECONDS = 600
THUMBNAIL_TYPE = "image/webp"
MARKUP = re.compile(r"html|svg|script|[/+]xml$")
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@login_not_required
@require_safe
def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """Hand out a file: ``size=thumb`` its small picture, ``download=1`` to be saved. 404 for what the asker may not see."""
    found = Attachment.objects.filter(pk=attachment_id, state="stored")
    if "sig" in request.GET:
        if not links.opens(str(attachment_id), request.GET.get("until", ""), request.GET["sig"]):
            raise Http404
    else:
        caller = _caller(request)
        if caller is None:
            return _who_are_you(request)
        found = Attachment.objects.of(caller.workspace).filter(pk=attachment_id, state="stored")
    row = found.first()
    if row is None:
        raise Http404
    if request.GET.get("size") == "thumb" and row.thumbnail:
        return _answer(request, row, row.thumbnail, THUMBNAIL_TYPE, "t")
    return _answer(request, row, row.stored_as, base(row.mime_type), "")


def _caller(request: HttpRequest) -> Caller | None:
    """Return who asks: the program of the token in the header, else the member of the session."""
    words = request.headers.get("Authorization", "").split()
    if len(words) == 2 and words[0].lower() == "token":
        return caller_of_token(words[1])
    found: Caller | None = getattr(request, "caller", None)
    return found


def _who_are_you(request: HttpRequest) -> HttpResponseBase:
    if "text/html" in request.headers.get("Accept", ""):
        return redirect_to_login(request.get_full_path())
    answer = refuse(401, _("Sign in, or send a token."))
    answer["WWW-Authenticate"] = "Token"
    return answer


def _answer(request: HttpRequest, row: Attachment, stored_as: str, mime_type: str, mark: str) -> HttpResponseBase:
    """Answer with the file or a part of it, in headers that let it do nothing but be seen."""
    etag = f'"{row.sha256[:32]}{mark}"'
    headers = _headers(request, row, mime_type, etag)
    if etag in {word.strip().removeprefix("W/") for word in request.headers.get("If-None-Match", "").split(",")}:
        return HttpResponseNotModified(headers=headers)
    try:
        file = default_storage.open(stored_as)
    except OSError as error:
        log.error("a file is missing from the storage", attachment=str(row.pk), error=type(error).__name__)  # noqa: TRY400
        raise Http404 from error
    size = int(file.size)
    span = _span(request, size, etag)
    if span is None:
        file.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    first, last = span
    partly = "Range" in request.headers and (first, last) != (0, size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if partly:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    status = 206 if partly else 200
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_Part(file, first, last - first + 1), status=status, headers=headers)


def _headers(request: HttpRequest, row: Attachment, mime_type: str, etag: str) -> dict[str, str]:
    name = given_name(row.filename, row.kind, row.mime_type)
    safe = mime_type in INLINE
    inline = safe and request.GET.get("download") != "1"
    return {
        "Content-Type": mime_type if safe else _harmless(mime_type),
        "Content-Disposition": disposition(name, inline=inline),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": f"private, max-age={CACHE_SECONDS}",
        "Vary": "Cookie, Authorization",
        "Referrer-Policy": "no-referrer",
        "Accept-Ranges": "bytes",
        "ETag": etag,
    }


def _harmless(mime_type: str) -> str:
    """Return a type that no browser runs: markup and scripts are bytes."""
    return "application/octet-stream" if MARKUP.search(mime_type) or not mime_type else mime_type


def _span(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Return the first and last byte that are asked for; ``None`` for a range beyond the file. Several ranges are none."""
    whole = (0, size - 1)
    match = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if match is None or match.group() == "bytes=-" or request.headers.get("If-Range", etag) != etag:
        return whole
    first, last = match.groups()
    if not first:
        return (max(size - int(last), 0), size - 1) if int(last) else None
    if int(first) >= size or (last and int(last) < int(first)):
        return None
    return int(first), min(int(last), size - 1) if last else size - 1


class _Part:
    """So many bytes of a file from a place on; whoever serves it closes it."""

    def __init__(self, file: File[bytes], start: int, length: int) -> None:
        self.file, self.left = file, length
        file.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        while self.left > 0 and (chunk := self.file.read(min(CHUNK, self.left))):
            self.left -= len(chunk)
            yield chunk

    def close(self) -> None:
        """Let the file go."""
        self.file.close()

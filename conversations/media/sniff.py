"""What a file is, by its bytes: neither its name nor what a provider or browser calls it is believed."""

from __future__ import annotations

import re
from mimetypes import guess_type

import msgspec
import puremagic
from django.utils.translation import gettext_noop

HEAD = 8192  # bytes that decide
LYING = gettext_noop("The file is not what it was announced as.")
FORBIDDEN = gettext_noop("Programs are not kept here.")
# By the bytes at an offset; what channels carry. The rest is puremagic's.
_SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"fLaC", "audio/flac"),
    (0, b"caff", "audio/x-caf"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (0, b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (0, b"#!/", "application/x-sh"),
)
_BRANDS = {
    "avif": "image/avif", "avis": "image/avif", "heic": "image/heic", "heix": "image/heic", "heim": "image/heic",
    "mif1": "image/heic", "msf1": "image/heic", "M4A ": "audio/mp4", "M4B ": "audio/mp4", "qt  ": "video/quicktime",
}  # fmt: skip
PROGRAMS = {mime for _, _, mime in _SIGNS if mime.startswith("application/")} - {"application/pdf"}
_MARKUP = (
    (re.compile(rb"<svg[\s>]", re.IGNORECASE), "image/svg+xml"),
    (re.compile(rb"<(?:!doctype\s+html|html|head|body|script|iframe|meta|table|div|a\s)", re.IGNORECASE), "text/html"),
    (re.compile(rb"^\s*<\?xml", re.IGNORECASE), "application/xml"),
)
_SCRIPT = re.compile(
    rb"^\s*(?:\"use strict\"|'use strict'|\(function|function\s*\w*\(|(?:var|let|const)\s+\w+\s*=|import\s)"
)
MARKUP = frozenset({"text/html", "image/svg+xml", "text/javascript", "application/xml"})
# Containers that hold sound and pictures alike: only who made them knows.
_EITHER = {"video/mp4", "video/webm", "video/ogg", "application/ogg", "video/3gpp", "audio/mp4", "video/quicktime"}
_ZIPPED = re.compile(r"zip|openxml|opendocument|epub|java-archive|android|vnd\.ms-.*12$")
_OLE = re.compile(r"msword|ms-excel|ms-powerpoint|vnd\.ms-|x-ole|octet-stream")
# Shown in the page; everything else is only ever saved.
INLINE = frozenset({
    "image/jpeg", "image/png", "image/gif", "image/webp", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/aac", "audio/wav",
    "audio/webm", "audio/amr", "video/mp4", "video/webm", "video/ogg", "video/3gpp", "video/quicktime", "application/pdf",
})  # fmt: skip


class Verdict(msgspec.Struct, frozen=True):
    """What a file is taken for: its ``mime_type``, or why it is not kept."""

    mime_type: str
    refusal: str = ""


def base(mime_type: str) -> str:
    """Return a type without its parameters, in lower case."""
    return mime_type.partition(";")[0].strip().lower()


def sniff(head: bytes) -> str:
    """Return the type of a file by its first bytes (``HEAD`` of them); ``application/octet-stream`` for what nobody knows."""
    for at, sign, mime in _SIGNS:
        if head[at : at + len(sign)] == sign and (at == 0 or head[:4] == b"RIFF"):
            return mime
    return _container(head) or _words(head) or _by_library(head) or "application/octet-stream"


def _container(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        brand = head[8:12].decode("latin-1")
        return _BRANDS.get(brand) or ("video/3gpp" if brand.startswith("3g") else "video/mp4")
    if head[:4] == b"OggS":
        return "video/ogg" if b"theora" in head[:200] else "audio/ogg"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] != 0xFE:  # else a text in UTF-16
        return "audio/aac" if head[1] & 0xF6 == 0xF0 else "audio/mpeg"
    return "application/zip" if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"} else ""


def _words(head: bytes) -> str:
    """Name a text: markup and scripts first, because a browser that guesses would run them."""
    try:
        text = head.decode("utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # else only the last character is cut
            return ""
        text = head[: error.start].decode("utf-8-sig", "ignore")
    plain = text.encode()
    if re.search(rb"[\x00-\x08\x0e-\x1f]", plain):
        return ""
    for pattern, mime in _MARKUP:
        if pattern.search(plain):
            return mime
    if plain.lstrip()[:11].upper() == b"BEGIN:VCARD":
        return "text/vcard"
    return "text/javascript" if _SCRIPT.match(plain) else "text/plain"


def _by_library(head: bytes) -> str:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError, IndexError):
        return ""
    return next((str(match.mime_type) for match in found if match.mime_type and match.confidence >= 0.4), "")


def judge(kind: str, claimed: str, head: bytes) -> Verdict:
    """Say whether a file may be kept as the ``kind`` it was announced as, and what its type is.

    An image must be an image, sound sound; a document anything but a program, and what it was called when its type shows in
    the bytes. The claimed type stays where the bytes say the same or nothing.
    """
    found, said = sniff(head), base(claimed)
    if found in PROGRAMS:
        return Verdict(found, FORBIDDEN)
    if kind in {"image", "sticker"}:
        fits = found.startswith("image/") and found != "image/svg+xml"
        return Verdict(claimed if said == found else found, "" if fits else LYING)
    if kind in {"audio", "video"}:
        if found in _EITHER or found.startswith(f"{kind}/"):
            return Verdict(claimed if _same(said, found) and said.startswith(kind) else _as(kind, found))
        return Verdict(found, LYING)
    if said and not _same(said, found):
        return Verdict(found, LYING)
    return Verdict(found if found in MARKUP or said in {"", "application/octet-stream"} else claimed)


def masked(filename: str, found: str) -> bool:
    """Whether a page or script goes by the name of a picture, a sound or a film; ``found`` is its type by its bytes."""
    named, _ = guess_type(filename)
    return found in MARKUP and named != found and (named or "").startswith(("image/", "audio/", "video/"))


def _as(kind: str, found: str) -> str:
    """Name a container after what it was announced to hold."""
    rest = {"application/ogg": "ogg", "video/quicktime": "quicktime"}.get(found, found.partition("/")[2])
    return found if found.startswith(kind) else f"{kind}/{rest}"


def _same(said: str, found: str) -> bool:  # noqa: PLR0911  one rule a line
    """Whether the bytes can be what was said: equal, kin, or nothing that would show."""
    if said == found or not said or said == "application/octet-stream":
        return True
    if found == "application/octet-stream":
        return not said.startswith(("image/", "video/")) and said not in {"application/pdf", "application/zip"}
    if found == "application/zip":
        return bool(_ZIPPED.search(said))
    if found in {"application/msword", "application/x-ole-storage"}:
        return bool(_OLE.search(said))
    if found in _TEXTS:
        return _is_text(said)
    if found in _EITHER and said.startswith(("audio/", "video/")):
        return True
    ours, theirs = found.partition("/")[0], said.partition("/")[0]
    return ours == theirs == "audio" or (ours == theirs == "application" and found not in _DECISIVE)


# Also markup and scripts: a table of texts may hold them, and they are only ever saved.
_TEXTS = {
    "text/plain", "text/vcard", "text/html", "application/json", "application/xml", "text/javascript", "image/svg+xml",
}  # fmt: skip
_DECISIVE = {"application/pdf", "application/zip"}


def _is_text(said: str) -> bool:
    return said.startswith("text/") or any(
        word in said
        for word in ("json", "xml", "csv", "vcard", "rtf", "yaml", "calendar", "javascript", "sql", "pgp", "svg")
    )

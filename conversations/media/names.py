"""What a file is called: cleaned for people to read, and written into headers as browsers understand it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 180
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*]")
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "application/pdf": ".pdf",
    "text/vcard": ".vcf",
    "text/plain": ".txt",
    "application/zip": ".zip",
}


def clean_name(name: str) -> str:
    """Return a file's name in one line without what deceives: no folders, no control or direction characters, 180 at most."""
    text = unicodedata.normalize("NFKC", name)
    text = "".join(one for one in text if unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    text = _UNSAFE.sub("_", re.split(r"[/\\]", text)[-1]).strip(" .")
    if len(text) <= LONGEST:
        return text
    stem, dot, end = text.rpartition(".")
    short = dot and len(end) <= 10
    return stem[: LONGEST - len(end) - 1] + dot + end if short else text[:LONGEST]


def given_name(filename: str, kind: str, mime_type: str) -> str:
    """Return the name a file is saved under: its own, cleaned, else its kind with the extension of its type."""
    return clean_name(filename) or f"{kind}{_EXTENSIONS.get(mime_type.partition(';')[0].strip(), '')}"


def disposition(name: str, *, inline: bool) -> str:
    """Return ``Content-Disposition`` with the name twice: in ASCII, and whole as RFC 5987 writes it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "file"
    plain = re.sub(r"[\"\\%;]", "_", plain)
    word = "inline" if inline else "attachment"
    return f"{word}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

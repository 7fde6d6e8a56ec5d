"""The files of a Twilio message: each by its link, whatever ``NumMedia`` says."""

from __future__ import annotations

import mimetypes
from typing import Literal
from urllib.parse import urlsplit

from conversations.channels.twilio.form import Form
from conversations.channels.types import AttachmentRef

MOST_FILES = 10
VCARD = {"text/vcard", "text/x-vcard", "text/directory"}
FileKind = Literal["image", "audio", "video", "document", "sticker", "file"]
_BY_TYPE: dict[str, FileKind] = {"image": "image", "audio": "audio", "video": "video"}


def attachments(form: Form, *, whatsapp: bool) -> tuple[AttachmentRef, ...]:
    """Return the files that have a link, in their order; ``NumMedia`` may promise more or be no number at all."""
    word = form.text("MessageType").lower()
    found = []
    for number in range(MOST_FILES):
        url = form.text(f"MediaUrl{number}")
        if url:
            found.append(_one(url, form.text(f"MediaContentType{number}"), word, form, whatsapp=whatsapp))
    return tuple(found)


def is_card(file: AttachmentRef) -> bool:
    """Whether a file is somebody's card, which is how Twilio hands on shared contacts."""
    return file.mime_type in VCARD


def _one(url: str, given: str, word: str, form: Form, *, whatsapp: bool) -> AttachmentRef:
    mime_type = given.partition(";")[0].strip().lower()[:255]
    guessed = mime_type or mimetypes.guess_type(urlsplit(url).path)[0] or ""
    kind: FileKind = _BY_TYPE.get(guessed.partition("/")[0], "document" if guessed else "file")
    name = form.text("Body")
    return AttachmentRef(
        kind="sticker" if word == "sticker" and kind == "image" else kind,
        provider_ref=_reference(url),
        url=url,
        mime_type=mime_type,
        filename=name[:255] if word == "document" and "." in name and "\n" not in name else "",
        voice=whatsapp and kind == "audio" and mime_type == "audio/ogg",
    )


def _reference(url: str) -> str:
    """Return the id of a file of Twilio's own, the last part of its address."""
    last = urlsplit(url).path.rpartition("/")[2]
    return last if last.startswith("ME") and len(last) <= 64 else ""

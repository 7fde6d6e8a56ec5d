"""What a message on Instagram or Messenger says: its text, its files, what was shared, pressed or answered.

A message may hold several attachments of different sorts: the first decides its kind, and all of them are kept. What nobody
knows is ``unsupported``: shown as a placeholder, kept raw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from conversations.channels.reading import id_of, mapping, objects, text_of
from conversations.channels.types import AttachmentRef, MessageKind

Raw = Mapping[str, Any]
FileKind = Literal["image", "audio", "video", "document", "sticker", "file"]

HEART, THUMB = "❤️", "👍"
# The three sizes of the button beside the composer of Messenger.
THUMBS = {"369239263222822", "369239343222814", "369239383222810"}
# Where Meta keeps files. An address elsewhere is a page to look at, not a file.
FILE_HOSTS = ("fbsbx.com", "fbcdn.net", "cdninstagram.com")
MAX_URL = 4000


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What was said, whoever said it: the fields that every kind of message item shares."""

    kind: MessageKind = "text"
    text: str = ""
    payload: dict[str, Any] = {}
    attachments: tuple[AttachmentRef, ...] = ()


def content(message: Raw) -> Content:
    """Return what ``message`` says; its raw form as ``unsupported`` when that cannot be told."""
    text = text_of(message.get("text"))
    pieces = (
        [] if message.get("is_unsupported") is True else [_piece(one) for one in objects(message.get("attachments"))]
    )
    pieces += _pressed(message, text)
    pieces = [*_answered_story(message), *pieces]
    if not pieces:
        known = text and message.get("is_unsupported") is not True
        return Content(text=text) if known else Content(kind="unsupported", text=text, payload=dict(message))
    more = [piece.payload for piece in pieces[1:] if piece.payload]
    return Content(
        kind=pieces[0].kind,
        text=text or " ".join(filter(None, (piece.text for piece in pieces))),
        payload=pieces[0].payload | ({"more": more} if more else {}),
        attachments=tuple(file for piece in pieces for file in piece.attachments),
    )


def pressed(part: Raw) -> Content:
    """Return what a pressed button, ice breaker or menu entry says."""
    title = text_of(part.get("title"))
    payload = {"kind": "postback", "title": title, "payload": text_of(part.get("payload"))}
    return Content(kind="interactive", text=title, payload=payload)


def _pressed(message: Raw, text: str) -> list[Content]:
    chosen = mapping(message.get("quick_reply"))
    if not chosen:
        return []
    payload = {"kind": "quick_reply", "title": text, "payload": text_of(chosen.get("payload"))}
    return [Content(kind="interactive", payload=payload)]


def _answered_story(message: Raw) -> list[Content]:
    story = mapping(mapping(message.get("reply_to")).get("story"))
    if not story:
        return []
    known = {"id": id_of(story.get("id")), "url": text_of(story.get("url"))[:MAX_URL]}
    return [Content(kind="story", payload={"type": "story_reply", "story": known})]


def _piece(raw: Raw) -> Content:
    word = text_of(raw.get("type"))
    reader = READERS.get(word)
    said = reader(word, _facts(raw)) if reader else None
    return said or Content(kind="unsupported", payload=dict(raw))


def _facts(raw: Raw) -> dict[str, Any]:
    """Older bodies keep beside ``payload`` what newer ones keep in it."""
    beside = {key: value for key, value in raw.items() if key not in {"type", "payload"}}
    return beside | mapping(raw.get("payload"))


def _file(word: str, facts: Raw) -> Content:
    shown, kind = FILES[word]
    return Content(kind=shown, attachments=(_ref(kind, _url(facts)),))


def _image(word: str, facts: Raw) -> Content:
    sticker = text_of(facts.get("sticker_id"))
    if not sticker:
        return _file(word, facts)
    return Content(
        kind="sticker",
        text=THUMB if sticker in THUMBS else "",
        payload={"sticker_id": sticker},
        attachments=(_ref("sticker", _url(facts)),),
    )


def _shared(word: str, facts: Raw) -> Content:
    """A post, a reel, a page: the address is its file where Meta keeps it, else a link."""
    url = _url(facts)
    kind: FileKind = "video" if "reel" in word else "file"
    files = (_ref(kind, url),) if _is_file(url) else ()
    return Content(kind="share", payload={"type": word} | _words(facts), attachments=files)


def _story(word: str, facts: Raw) -> Content:
    """The customer mentions the business in a story, which is gone after a day: its file is fetched at once."""
    return Content(kind="story", payload={"type": word} | _words(facts), attachments=(_ref("file", _url(facts)),))


def _ephemeral(word: str, facts: Raw) -> Content:
    """A picture to be seen once, in the app only: nobody else ever gets it."""
    return Content(kind="unsupported", payload={"type": word})


def _heart(word: str, facts: Raw) -> Content:
    return Content(text=HEART, payload={"type": word})


def _location(word: str, facts: Raw) -> Content | None:
    place = mapping(facts.get("coordinates"))
    latitude, longitude = place.get("lat"), place.get("long")
    if not (_number(latitude) and _number(longitude)):
        return None
    more = {"name": text_of(facts.get("title")), "url": _url(facts)}
    return Content(
        kind="location",
        payload={"latitude": latitude, "longitude": longitude} | {key: value for key, value in more.items() if value},
    )


def _template(word: str, facts: Raw) -> Content:
    """Cards and buttons the business sent, or a product somebody shared."""
    elements = objects(facts.get("elements")) or objects(mapping(facts.get("product")).get("elements"))
    title = text_of(facts.get("text")) or next((text_of(one.get("title")) for one in elements), "")
    kind: MessageKind = "share" if "product" in facts else "interactive"
    return Content(kind=kind, text=title, payload={"type": word} | dict(facts))


def _words(facts: Raw) -> dict[str, str]:
    """Return the short facts about what was shared: address, title, ids."""
    found = {key: text_of(value)[:MAX_URL] for key, value in facts.items()}
    return {key: value for key, value in found.items() if value}


def _url(facts: Raw) -> str:
    return text_of(facts.get("url")).strip()[:MAX_URL]


def _ref(kind: FileKind, url: str) -> AttachmentRef:
    there = url.startswith(("https://", "http://"))
    return AttachmentRef(kind=kind, url=url if there else "", unavailable="" if there else "missing")


def _is_file(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return url.startswith("https://") and host.endswith(tuple(f".{known}" for known in FILE_HOSTS))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


FILES: Mapping[str, tuple[MessageKind, FileKind]] = {
    "image": ("image", "image"),
    "video": ("video", "video"),
    "audio": ("audio", "audio"),
    "file": ("document", "file"),
    "media": ("document", "file"),
}
READERS: Mapping[str, Callable[[str, Raw], Content | None]] = {
    "image": _image,
    "video": _file,
    "audio": _file,
    "file": _file,
    "media": _file,
    "share": _shared,
    "ig_post": _shared,
    "ig_reel": _shared,
    "reel": _shared,
    "post": _shared,
    "fallback": _shared,
    "story_mention": _story,
    "ig_story": _story,
    "ephemeral": _ephemeral,
    "like_heart": _heart,
    "location": _location,
    "template": _template,
}

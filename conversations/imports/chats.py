"""WhatsApp's "export chat": a text of lines that begin with a time, in the writing of the phone it came from.

``31/12/2020 21:41 - Name: text``, ``12/31/20, 9:41 PM - Name: text``, ``[31/12/2020, 21:41:05] Name: text`` and their kin; a line
that begins with no time goes on with what was said before.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from django.utils.translation import gettext as _

from conversations.channels.stores import shaping
from conversations.imports.shapes import Choices, Line, Unreadable
from conversations.imports.tables import decoded

MOST_TEXT = 100 * 1024 * 1024  # bytes unpacked
TEXT_LENGTH = 60_000
NAME_LENGTH = 160
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"))
_SPACES = {0x202F: " ", 0xA0: " "}
BEGINS = re.compile(
    r"\[?([0-9]{1,4})[/.\-]([0-9]{1,2})[/.\-]([0-9]{2,4}),? (?:[^\W\d]+ )?([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?"
    r"(?: ?([AaPp])\.? ?[Mm]\.?)?(?:\] ?| - )(.*)",
    re.DOTALL,
)
SPEAKS = re.compile(r"([^:\n]{1,80}): (.*)|([^:\n]{1,80}):$", re.DOTALL)
# What stands in a text where a file was, by what it says of the file.
FILES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("image", re.compile(r"(image|imagem|imagen|photo|foto) (omitted|ocultad[ao]|omitid[ao])|(IMG-|PHOTO).*\.(jpe?g|png)", re.IGNORECASE)),
    ("video", re.compile(r"(video|vídeo|gif) (omitted|ocultad[ao]|omitid[ao])|(VID-|VIDEO).*\.(mp4|mov)", re.IGNORECASE)),
    ("audio", re.compile(r"(audio|áudio) (omitted|ocultad[ao]|omitid[ao])|(PTT-|AUD-|AUDIO).*\.(opus|m4a|mp3|ogg)", re.IGNORECASE)),
    ("sticker", re.compile(r"(sticker|figurinha) (omitted|ocultad[ao]|omitid[ao])|(STK-|STICKER).*\.webp", re.IGNORECASE)),
    ("contacts", re.compile(r"(contact card|cart[ãa]o d[eo] contato|tarjeta de contacto) (omitted|ocultad[ao]|omitid[ao])|\.vcf\b", re.IGNORECASE)),
    ("location", re.compile(r"^(location|localização|ubicación): https://", re.IGNORECASE)),
    ("document", re.compile(r"(document|documento) (omitted|ocultad[ao]|omitid[ao])|\(?(file attached|arquivo anexado|archivo adjunto)\)?$|^<(attached|anexado|adjunto): ", re.IGNORECASE)),
    ("document", re.compile(r"^<(Media omitted|Mídia oculta|Arquivo de mídia oculto|Multimedia omitido)>$", re.IGNORECASE)),
)  # fmt: skip
# What the app says itself: some phones write it down as if the customer had said it.
NOTICES = re.compile(
    r"(messages and calls are end-to-end encrypted|messages to this chat and calls are now secured"
    r"|(as )?mensagens e (as )?(ligações|chamadas) são protegidas|los mensajes y las llamadas están cifrados"
    r"|your security code with|(o )?seu código de segurança com|(el|tu) código de seguridad con"
    r"|this business uses a secure service|esta empresa usa um serviço seguro|esta empresa usa un servicio seguro"
    r"|this chat is with a business|esta conversa é com uma conta comercial|este chat es con una cuenta de empresa"
    r"|missed (voice|video) call\b|(ligação|chamada) de (voz|vídeo) perdida\b|(llamada|videollamada) perdida\b)",
    re.IGNORECASE,
)
LINE_END = re.compile(r"\r\n?|\n")


class Said(msgspec.Struct):
    """Something said in a chat; ``at`` by the phone's clock, without a zone, ``turn`` its place among what has the same time."""

    line: int
    at: datetime
    author: str
    text: str
    turn: int = 0

    @property
    def moment(self) -> datetime:
        """When it was said, a millisecond after what was said before in the same minute: most clocks show no seconds."""
        return self.at + timedelta(milliseconds=self.turn)


def text_of(content: bytes) -> str:
    """Return the text of an export, out of its zip where it is one. Raises ``Unreadable``."""
    if not content.startswith(b"PK\x03\x04"):
        return decoded(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            texts = [one for one in archive.infolist() if one.filename.lower().endswith(".txt")]
            texts.sort(key=lambda one: (not one.filename.endswith("_chat.txt"), -one.file_size))
            if not texts:
                raise Unreadable(_("There is no chat in this zip."))
            with archive.open(texts[0]) as file:
                read = file.read(MOST_TEXT + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unreadable(_("The zip cannot be read.")) from error
    if len(read) > MOST_TEXT:
        raise Unreadable(_("The chat is too long."))
    return decoded(read)


def read(content: bytes, days: str) -> list[Said]:
    """Return what people said, in its order. ``days`` decides where the dates do not show which of them is the day. Raises ``Unreadable``."""
    begun: list[tuple[int, re.Match[str], list[str]]] = []
    for number, raw in enumerate(LINE_END.split(text_of(content)), start=1):
        line = raw.translate(_MARKS).translate(_SPACES)
        found = BEGINS.fullmatch(line)
        if found:
            begun.append((number, found, [found[8]]))
        elif begun:
            begun[-1][2].append(line)
    if not begun:
        raise Unreadable(_("This is no chat that WhatsApp exported: no line begins with a date."))
    order = _order([found for _number, found, _texts in begun], days)
    said, turns = [], Counter[datetime]()
    for number, found, texts in begun:
        at = _at(found, order)
        speaks = SPEAKS.fullmatch("\n".join(texts).rstrip())
        if at is None or not speaks or NOTICES.match(speaks[2] or ""):
            continue
        said.append(Said(number, at, (speaks[1] or speaks[3]).strip(" ~"), speaks[2] or "", turns[at]))
        turns[at] += 1
    return said


def authors(said: Sequence[Said]) -> list[tuple[str, int]]:
    """Return who speaks in a chat and how often, the most talkative first."""
    return Counter(one.author for one in said).most_common()


def _order(found: Sequence[re.Match[str]], days: str) -> str:
    if len(found[0][1]) == 4:
        return "year"
    if any(int(one[1]) > 12 for one in found):
        return "day"
    return "month" if any(int(one[2]) > 12 for one in found) else days


def _at(found: re.Match[str], order: str) -> datetime | None:
    first, second, third = (int(found[place]) for place in (1, 2, 3))
    year, month, day = {
        "year": (first, second, third),
        "day": (third, second, first),
        "month": (third, first, second),
    }[order]
    hour = int(found[4])
    if found[7]:
        hour = hour % 12 + (12 if found[7] in "Pp" else 0)
    try:
        return datetime(year + (2000 if year < 100 else 0), month, day, hour, int(found[5]), int(found[6] or 0))  # noqa: DTZ001  the zone is chosen
    except ValueError:
        return None


def lines(content: bytes, choices: Choices) -> Iterator[Line]:
    """Yield each message of a chat with one customer. Raises ``Unreadable``, also where nobody or several are the customer."""
    said = read(content, choices.days)
    others = [name for name, _count in authors(said) if name not in choices.us]
    if len(others) != 1:
        raise Unreadable(_("Choose everybody of your house, so that one customer is left: this is about one person."))
    (name,) = others
    number = shaping.phone(choices.phone, choices.country) or shaping.phone(name, choices.country)
    if not number:
        raise Unreadable(_("Say the customer's WhatsApp number."))
    person = {"whatsapp": number} | ({"name": name[:NAME_LENGTH]} if not shaping.phone(name, choices.country) else {})
    zone, again = ZoneInfo(choices.zone), Counter[bytes]()
    for one in said:
        digest = hashlib.sha256(msgspec.json.encode((number, one.at, one.author, one.text))).digest()
        again[digest] += 1
        ours = one.author in choices.us
        data = _data(one) | ({"author": "agent"} if ours else {})
        event = {
            "id": f"{digest.hex()[:32]}/{again[digest]}",
            "source": choices.source,
            "type": "message.sent" if ours else "message.received",
            "at": one.moment.replace(tzinfo=zone).isoformat(),
            "customer": person,
            "channel": "whatsapp",
            "data": data,
        }
        yield Line(number=one.line, events=(event,), shown=(one.at.isoformat(" "), one.author, one.text[:200]))


def _data(one: Said) -> dict[str, str]:
    text = one.text.strip()
    kind = next((kind for kind, shape in FILES if shape.search(text.partition("\n")[0])), "text")
    return {"kind": kind, "text": text[:TEXT_LENGTH]} if text else {"kind": kind}

"""What a visitor's browser may ask for, read strictly: anything else is refused with a sentence and nothing is stored."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from conversations.channels.reading import clean
from conversations.channels.registry import CHANNELS
from conversations.channels.webchat.bodies import File
from conversations.visit.session import Session, read_upload
from conversations.visit.wire import Refusal

NAME_LENGTH, EMAIL_LENGTH, PAGE_LENGTH = 160, 200, 500
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,130}")
CLIENT_ID = r"^[A-Za-z0-9_-]{8,64}$"
UUID_FORM = r"^[0-9a-f-]{36}$"


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """A message: ``client_id`` makes it once; ``files`` are notes of uploads; ``choice`` the id of a pressed answer."""

    client_id: Annotated[str, msgspec.Meta(pattern=CLIENT_ID)]
    text: str = ""
    files: list[str] = []
    name: str = ""
    email: str = ""
    choice: str = ""
    page: str = ""


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """A session: ``identity`` is what the shop's site signed, if it did."""

    identity: str = ""


class Inviting(msgspec.Struct, frozen=True, kw_only=True):
    """The wish to go on on another channel."""

    channel: UUID


class Acknowledging(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of ours that arrived in the browser or were shown there."""

    status: Literal["delivered", "read"]
    messages: Annotated[
        list[Annotated[str, msgspec.Meta(pattern=UUID_FORM)]], msgspec.Meta(min_length=1, max_length=60)
    ]


def decoded[T](body: bytes, shape: type[T]) -> T:
    """Return the body as ``shape``. Raises ``Refusal`` for anything else."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Refusal(400, _("The request cannot be understood.")) from error


def checked(given: Saying) -> Saying:
    """Return the message as it may be kept. Raises ``Refusal`` for one that is empty, too long or not what it should be."""
    adapter = CHANNELS["webchat"]
    text = clean(given.text).strip()
    if not text and not given.files:
        raise Refusal(400, _("The message is empty."))
    if adapter.length_of(text) > adapter.text_limit:
        raise Refusal(400, _("A message takes at most %(limit)d characters.") % {"limit": adapter.text_limit})
    if len(given.files) > adapter.files_per_message:
        raise Refusal(400, _("A message takes at most %(limit)d files.") % {"limit": adapter.files_per_message})
    email = clean(given.email).strip().lower()
    if email and (len(email) > EMAIL_LENGTH or not EMAIL.fullmatch(email)):
        raise Refusal(400, _("This is no e-mail address."))
    return msgspec.structs.replace(
        given,
        text=text,
        name=clean(given.name).strip()[:NAME_LENGTH],
        email=email,
        choice=clean(given.choice)[:PAGE_LENGTH],
        page=clean(given.page)[:PAGE_LENGTH] if given.page.startswith(("https://", "http://")) else "",
    )


def files_of(given: Saying, session: Session) -> tuple[File, ...]:
    """Return the files the message names. Raises ``Refusal`` for a note that is not this visitor's or too old."""
    found = []
    for note in given.files:
        upload = read_upload(note, session)
        if upload is None:
            raise Refusal(400, _("The file is not here any more: choose it again."))
        found.append(
            File(
                stored_as=upload.stored_as,
                kind=upload.kind,
                mime_type=upload.mime_type,
                filename=upload.filename,
                size=upload.size,
                sha256=upload.sha256,
                thumbnail=upload.thumbnail,
                width=upload.width,
                height=upload.height,
            )
        )
    return tuple(found)

"""A person as a document: everything that is kept about them, written piece by piece however long their history is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from django.utils import timezone
from rest_framework import serializers

from conversations.api import joined, reading, represent, shapes, timeline
from conversations.api.represent import Shown
from conversations.models import Attachment, Conversation, Customer, Merge
from hub.models import Workspace
from hub.pagination import Cursor, Window

ENTRIES_A_PIECE = 200


class KeptFileShape(shapes.AttachmentShape):
    """A file, of which message, and the digest of its bytes."""

    message = serializers.UUIDField()
    sha256 = serializers.CharField(allow_blank=True)


class WholePersonShape(shapes.Shape):
    """Everything that is kept about a person."""

    exported_at = serializers.DateTimeField()
    customer = shapes.CustomerShape()
    merges = joined.MergeShape(many=True)
    conversations = shapes.ConversationShape(many=True)
    files = KeptFileShape(many=True)
    timeline = shapes.TimelineEntryShape(many=True)


_json = msgspec.json.Encoder().encode


def written(workspace: Workspace, whole: Sequence[Customer]) -> Iterator[bytes]:
    """Yield the JSON of a person, ``whole`` being all customers who count as them, who stands for them first."""
    head = {"exported_at": represent.moment(timezone.now()), "customer": represent.customer(whole[0])}
    yield _json(head)[:-1]
    parts: dict[str, Iterable[Shown]] = {
        "merges": _merges(workspace, whole),
        "conversations": _conversations(workspace, whole),
        "files": _files(workspace, whole),
        "timeline": _timeline(whole),
    }
    for name, rows in parts.items():
        yield b"," + _json(name) + b":["
        for number, row in enumerate(rows):
            yield (b"," if number else b"") + _json(row)
        yield b"]"
    yield b"}\n"


def _merges(workspace: Workspace, whole: Sequence[Customer]) -> Iterator[Shown]:
    rows = Merge.objects.of(workspace).about(row.pk for row in whole).for_reading()
    return map(joined.merge, rows.order_by("pk"))


def _conversations(workspace: Workspace, whole: Sequence[Customer]) -> Iterator[Shown]:
    rows = list(Conversation.objects.of(workspace).for_reading().filter(customer__in=whole).order_by("opened_at", "pk"))
    channels = reading.channels_touched(workspace, rows)
    return (represent.conversation(row, channels) for row in rows)


def _files(workspace: Workspace, whole: Sequence[Customer]) -> Iterator[Shown]:
    rows = Attachment.objects.of(workspace).filter(message__customer__in=whole).order_by("pk")
    return ({"message": str(row.message_id), "sha256": row.sha256, **represent.attachment(row)} for row in rows)


def _timeline(whole: Sequence[Customer]) -> Iterator[Shown]:
    seen = Window(ENTRIES_A_PIECE)
    while True:
        entries = timeline.read(whole, seen)
        yield from (entry.shown for entry in entries[: seen.limit])
        if len(entries) <= seen.limit:
            return
        seen = Window(ENTRIES_A_PIECE, Cursor(entries[seen.limit - 1].place, back=False))

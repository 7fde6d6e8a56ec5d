"""An emoji of ours under a customer's message: shown at once, and on its way to them."""

from __future__ import annotations

import unicodedata
from uuid import UUID

import msgspec
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.channels.registry import CHANNELS
from conversations.feed import Change
from conversations.models import Conversation, Gesture, Message, Reaction
from conversations.refusal import Refused, TooLate
from conversations.wake import Work
from conversations.ways import ways_of
from hub.models import Workspace

EMOJI_LENGTH = 32
KEYCAP = "\u20e3"


class Reacted(msgspec.Struct, frozen=True):
    """The message with its reaction, and what the feed tells of it; no changes when it was so already."""

    message: Message
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def react(workspace: Workspace, message_id: UUID, emoji: str) -> Reacted:
    """Put ``emoji`` under a message that came in, in the place of the last one; an empty one takes it back.

    Raises ``Message.DoesNotExist``, ``Refused`` for what is no emoji or a message that takes none, ``TooLate`` when the channel
    is closed.
    """
    row = Message.objects.of(workspace).select_for_update(no_key=True, of=("self",)).get(pk=message_id)
    if emoji and not is_emoji(emoji):
        raise Refused("emoji", _("Must be one emoji, or empty to take it back."))
    adapter = CHANNELS.get(row.channel.kind)
    if adapter is None or not adapter.can_react:
        raise Refused("emoji", _("This kind of channel takes no reactions."))
    if row.direction != "inbound" or row.provider_id is None or row.deleted_at is not None:
        raise Refused("emoji", _("Only a message of the customer that is still there takes a reaction."))
    shown = Reaction.objects.of(workspace).filter(message=row, by="business").first()
    if (shown.emoji if shown else "") == emoji:
        return Reacted(row)
    _refuse_closed(workspace, row)
    Reaction.objects.update_or_create(
        message=row, by="business", defaults={"workspace": workspace, "emoji": emoji, "at": timezone.now()}
    )
    Gesture.objects.update_or_create(
        message=row,
        defaults={
            "workspace": workspace,
            "channel": row.channel,
            "emoji": emoji,
            "state": "queued",
            "attempts": 0,
            "not_before": Now(),
        },
    )
    return Reacted(row, (Change("message.updated", row.pk, row.conversation_id),), ("outbound",))


def is_emoji(text: str) -> bool:
    """Whether a text is drawn as one emoji or a joined few: a symbol, without a letter and without a space."""
    if len(text) > EMOJI_LENGTH:
        return False
    kinds = [unicodedata.category(letter) for letter in text]
    return (KEYCAP in text or "So" in kinds) and not any(kind[0] in {"L", "Z", "C"} and kind != "Cf" for kind in kinds)


def _refuse_closed(workspace: Workspace, row: Message) -> None:
    conversation = Conversation.objects.of(workspace).get(pk=row.conversation_id)
    way = next((way for way in ways_of(workspace, conversation) if way.channel.pk == row.channel_id), None)
    if way is None:
        raise Refused("emoji", _("This channel was removed."))
    if not way.open:
        raise TooLate(way.why)

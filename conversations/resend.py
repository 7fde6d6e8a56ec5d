"""Sending a message once more: the same message, a new try, asked for by a person and never by the house itself."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from conversations.feed import Change
from conversations.models import Conversation, Message, OutboxEntry
from conversations.refusal import Refused, TooLate
from conversations.wake import Work
from hub.models import Workspace


class Resent(msgspec.Struct, frozen=True):
    """The message that is queued again, and what the feed tells of it."""

    message: Message
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ("outbound", "metrics")


def resend(workspace: Workspace, message_id: UUID, *, even_if_unknown: bool = False) -> Resent:
    """Queue a message that failed once more; with ``even_if_unknown`` also one that may have left. Needs a transaction.

    Who waits for an answer must be counted anew afterwards. Raises ``Message.DoesNotExist``, ``Refused`` for what was never
    meant to leave, ``TooLate`` for what does not wait for it.
    """
    found = Message.objects.of(workspace).only("conversation_id").get(pk=message_id)
    Conversation.objects.of(workspace).locked(found.conversation_id)  # before its message, as everybody does
    row = (
        Message.objects.of(workspace)
        .select_for_update(no_key=True, of=("self",))
        .select_related("channel")
        .get(pk=message_id)
    )
    _check(row, even_if_unknown=even_if_unknown)
    failed = row.status == "failed"
    # That it failed once stays with it until it has left: then history hears that it came through after all.
    row.error = {**(row.error or {}), "retryable": True, "failed": failed} if failed else None
    row.status = "queued"
    row.save(update_fields=["status", "error"])
    OutboxEntry.objects.of(workspace).update_or_create(
        message=row,
        defaults={"state": "queued", "attempts": 0, "not_before": Now(), "queued_at": Now()},
        create_defaults={
            "workspace_id": row.workspace_id,
            "channel_id": row.channel_id,
            "conversation_id": row.conversation_id,
            "position": row.seq,
        },
    )
    changes = (
        Change("message.updated", row.pk, row.conversation_id),
        Change("conversation.updated", row.conversation_id, row.conversation_id),
    )
    return Resent(row, changes)


def _check(row: Message, *, even_if_unknown: bool) -> None:
    if row.direction != "outbound" or row.kind == "note" or row.author_kind == "device" or row.imported:
        raise Refused("message", _("Only messages that were written here for a customer can be sent again."))
    if row.status == "unknown" and not even_if_unknown:
        raise TooLate(_("Nobody knows whether this message has left: sent again, the customer may get it twice."))
    if row.status in {"queued", "sending"}:
        raise TooLate(_("This message is on its way already."))
    if row.status not in {"failed", "unknown"}:
        raise TooLate(_("This message has left already."))
    if row.channel.deleted_at is not None:
        raise Refused("channel", _("This channel was removed: choose another one."))

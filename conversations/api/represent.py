"""How rows look from outside: pure functions, the same for REST, the feed and the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.channels.phone import international
from conversations.models import (
    Attachment,
    Attention,
    Channel,
    Conversation,
    Customer,
    Draft,
    HistoryEvent,
    Identity,
    Incident,
    Message,
)
from hub.models import Team, User

Shown = dict[str, Any]
RISK = timedelta(minutes=15)  # what is due within this is at risk


def moment(at: datetime | None) -> str | None:
    """Return a time in ISO-8601, UTC."""
    return at.astimezone(UTC).isoformat() if at else None


def identifier(value: UUID | None) -> str | None:
    """Return an id as a string."""
    return str(value) if value else None


def _age(row: Attachment | Identity | Customer) -> UUID:
    """Sort by age: ids ascend."""
    return row.pk


def agent(user: User | None) -> Shown | None:
    """Return who answers; needs nothing else."""
    return {"id": str(user.pk), "email": user.email, "name": user.name} if user else None


def team(row: Team | None) -> Shown | None:
    """Return a team; needs nothing else."""
    return {"id": str(row.pk), "name": row.name} if row else None


def message(row: Message) -> Shown:
    """Return a message in the contract's shape; needs a row of ``for_reading``."""
    return {
        "id": str(row.pk),
        "conversation": str(getattr(row, "stands_in", None) or row.conversation_id),
        "customer": str(row.customer.merged_into_id or row.customer_id),
        "channel": str(row.channel_id),
        "channel_kind": row.channel.kind,
        "direction": row.direction,
        "author": author(row),
        "kind": row.kind,
        "text": row.text,
        "payload": row.payload,
        "attachments": [attachment(file) for file in sorted(row.attachments.all(), key=_age)],
        "provider_id": row.provider_id,
        "client_id": row.client_id,
        "sent_at": moment(row.sent_at),
        "received_at": moment(row.received_at),
        "seq": row.seq,
        "reply_to": identifier(row.reply_to_id),
        "referral": row.referral,
        "status": row.status,
        "error": failure(row.error),
        "reactions": [
            {"emoji": entry.emoji, "by": entry.by, "at": moment(entry.at)}
            for entry in row.reactions.all()
            if entry.emoji  # empty: taken back
        ],
        "edited_at": moment(row.edited_at),
        "deleted_at": moment(row.deleted_at),
    }


def author(row: Message) -> Shown:
    """Return who said it: the customer, the person of the house, or the name that was written down."""
    if row.author_kind == "customer":
        person = str(row.customer.merged_into_id or row.customer_id)
        return {"kind": row.author_kind, "id": person, "name": row.customer.name or row.author_name}
    name = (row.author.name or row.author.email) if row.author else row.author_name
    return {"kind": row.author_kind, "id": identifier(row.author_id), "name": name}


def attachment(row: Attachment) -> Shown:
    """Return a file; its address only when it is here, why it is not in the reader's language."""
    url = f"{settings.PUBLIC_URL}/attachments/{row.pk}/" if row.state == "stored" else None
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "mime_type": row.mime_type,
        "filename": row.filename,
        "size": row.size,
        "url": url,
        "thumbnail_url": f"{url}?size=thumb" if url and row.thumbnail else None,
        "width": row.width,
        "height": row.height,
        "voice": row.voice,
        "state": row.state,
        "reason": _(row.reason) if row.reason else "",
    }


def failure(error: Mapping[str, Any] | None) -> Shown | None:
    """Return why a message was not delivered, its title in the reader's language."""
    if not error:
        return None
    title = str(error.get("title") or "")
    return {
        "code": str(error.get("code") or ""),
        "title": _(title) if title else "",
        "retryable": bool(error.get("retryable")),
    }


def conversation(row: Conversation, channels: Mapping[UUID, Channel]) -> Shown:
    """Return a conversation; needs a row of ``for_reading`` and the channels it touched, by id."""
    touched = [channels[key] for key in row.channel_ids if key in channels]
    return {
        "id": str(row.pk),
        "customer": str(row.customer.merged_into_id or row.customer_id),
        "customer_name": _name_of_customer(row),
        "folded_into": identifier(row.folded_into_id),
        "status": row.status,
        "assignee": agent(row.assignee),
        "team": team(row.team),
        "channels": [{"id": str(entry.pk), "kind": entry.kind, "name": entry.name} for entry in touched],
        "channel_kinds": list(dict.fromkeys(entry.kind for entry in touched)),
        "last_channel": identifier(row.last_channel_id),
        "opened_at": moment(row.opened_at),
        "first_response_at": moment(row.first_response_at),
        "waiting_since": moment(row.waiting_since),
        "snoozed_until": moment(row.snoozed_until),
        "resolved_at": moment(row.resolved_at),
        "reopened_count": row.reopened_count,
        "last_inbound_at": moment(row.last_inbound_at),
        "last_message_at": moment(row.last_message_at),
        "last_message": preview(row.last_message),
        "unread": row.unread,
        "route_reason": row.route_reason,
        "labels": sorted(getattr(row, "labels", []), key=lambda entry: str(entry["name"]).casefold()),
        "priority": row.priority,
        "language": row.language or None,
        "attributes": row.attributes,
        "bot": {"id": str(row.bot.pk), "name": row.bot.name} if row.bot else None,
        "due": due(row),
        "mentions": [{"agent": one["agent"], "seen": not one["unseen"]} for one in getattr(row, "mentioned", [])],
    }


def due(row: Conversation) -> Shown | None:
    """Return what is due next and when: ``late`` once that is past, ``risk`` when it was told of or comes within 15 minutes."""
    if row.due_at is None or row.status == "resolved":
        return None
    left = row.due_at - timezone.now()
    state = "late" if left <= timedelta() else "risk" if left <= RISK or row.due_told else "calm"
    return {"kind": row.due_kind, "at": moment(row.due_at), "state": state}


def _name_of_customer(row: Conversation) -> str:
    """Return the name of the person, else their telephone number as people write it, else nothing."""
    name = (row.customer.merged_into or row.customer).name or row.customer.name
    number = getattr(row, "number", None)
    return name or (international(number) if number else "")


def preview(row: Message | None) -> Shown | None:
    """Return of a message what a list shows; needs its author."""
    if row is None:
        return None
    return {
        "id": str(row.pk),
        "direction": row.direction,
        "author_kind": row.author_kind,
        "kind": row.kind,
        "text": row.text,
        "status": row.status,
        "sent_at": moment(row.sent_at),
        "deleted_at": moment(row.deleted_at),
    }


def attention(row: Attention) -> Shown:
    """Return who views a conversation or writes in it; needs its user."""
    return {"agent": agent(row.user), "doing": row.doing, "since": moment(row.since)}


def draft(row: Draft) -> Shown:
    """Return what its owner has begun to write; needs nothing else."""
    return {
        "private": row.private,
        "text": row.text,
        "reply_to": identifier(row.reply_to),
        "version": row.version,
        "updated_at": moment(row.updated_at),
    }


def customer(row: Customer, asked: UUID | None = None) -> Shown:
    """Return a person, ``row`` being who stands for them; needs a row of ``for_reading``.

    ``asked`` is the customer that was asked for: it may count as this one, and then says so in ``merged_into``.
    """
    whole = [row, *sorted(row.absorbed.all(), key=_age)]
    known = [entry for one in whole for entry in one.identities.all()]
    return {
        "id": str(row.pk),
        "name": row.name or next((one.name for one in whole if one.name), ""),
        "merged_into": str(row.pk) if asked not in {None, row.pk} else None,
        "absorbed": [str(one.pk) for one in whole[1:]],
        "identities": [
            {
                "customer": str(entry.customer_id),
                "kind": entry.kind,
                "value": entry.value,
                "channel_kind": entry.channel_kind,
                "username": entry.username,
                "verified": entry.verified,
                "replaced_at": moment(entry.replaced_at),
            }
            for entry in sorted(known, key=_age)
        ],
        "attributes": row.attributes,
        "created_at": moment(row.created_at),
    }


def event(row: HistoryEvent) -> Shown:
    """Return something that happened; needs its actor and customer."""
    name = (row.actor.name or row.actor.email) if row.actor else row.actor_email
    return {
        "id": str(uuid5(row.workspace_id, str(row.pk))),  # the row counts; what we show must not
        "event": row.type,
        "conversation": identifier(row.conversation_id),
        "customer": identifier(row.customer.merged_into_id or row.customer_id if row.customer else None),
        "channel": identifier(row.channel_id),
        "channel_kind": row.channel_kind or None,
        "source": row.source,
        "actor": {"kind": row.actor_kind or "system", "id": identifier(row.actor_id), "name": name},
        "data": row.data,
    }


def incident(row: Incident) -> Shown:
    """Return an alert that holds or held, with its cause in numbers; needs its rule with the team, and who took it."""
    rule = row.rule
    return {
        "id": str(row.pk),
        "rule": {
            "id": str(rule.pk),
            "kind": rule.kind,
            "threshold": rule.threshold,
            "team": team(rule.team),
            "channel_kind": rule.channel_kind or None,
        },
        "opened_at": moment(row.opened_at),
        "closed_at": moment(row.closed_at),
        "cause": row.cause,
        "taken_by": agent(row.taken_by),
    }

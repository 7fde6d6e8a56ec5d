"""Telling bots: what happens in conversations they hold, in order, signed, tried three times; then people have it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import channel_log, handoff
from conversations.act import act
from conversations.api import reading, represent
from conversations.bots.keeping import NAME, secret_of
from conversations.bots.turn import somebody_took_over
from conversations.channel_log import Kept
from conversations.channels import hook
from conversations.channels.exchange import Exchange, recorded
from conversations.draft import Words
from conversations.feed import Change
from conversations.follow import Follow, Hear
from conversations.history import Actor
from conversations.models import Bot, BotCall, Conversation, HistoryEvent, Message
from conversations.refusal import Refused, TooLate
from conversations.reply import reply
from conversations.wake import Work, wake
from hub.models import Workspace
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

TRIES = 3
AGAIN = (timedelta(seconds=2), timedelta(seconds=10))
LEASE_SECONDS = 30
AT_ONCE = 8
TOLD = frozenset({
    "message.received", "conversation.assigned", "conversation.handoff", "conversation.resolved",
})  # fmt: skip
# The first that waits of each conversation: a bot hears things in their order.
CLAIM = """
UPDATE conversations_botcall b SET attempts = b.attempts + 1, not_before = now() + %s * interval '1 second'
FROM (
  SELECT c.id FROM conversations_botcall c
  WHERE c.state = 'queued' AND c.not_before <= now() AND NOT EXISTS (
    SELECT 1 FROM conversations_botcall e
    WHERE e.conversation_id = c.conversation_id AND e.state = 'queued' AND e.id < c.id)
  ORDER BY c.id LIMIT %s FOR UPDATE SKIP LOCKED
) due WHERE b.id = due.id RETURNING b.id
"""


class Letter(msgspec.Struct, frozen=True):
    """A call ready to go."""

    call: BotCall
    url: str
    body: bytes
    headers: dict[str, str]


class Settled(msgspec.Struct, frozen=True):
    """What came of a call, and what the feed tells."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def places() -> list[Workspace]:
    """Return the workspaces with bots."""
    return list(Workspace.objects.filter(pk__in=Bot.objects.values("workspace")))


def watch(workspace: Workspace) -> Hear:
    """Return who hears the workspace's next events: what a bot must know is queued for it, once."""

    def hear(event: HistoryEvent) -> None:
        if event.conversation_id is None or event.data.get("kind") == "survey":
            return
        with transaction.atomic():
            row = Conversation.objects.of(workspace).filter(pk=event.conversation_id).first()
            if row is not None:
                _queue(workspace, row, event)

    return hear


FOLLOW = Follow(name=NAME, types=TOLD | {"message.sent"}, places=places, watch=watch)


def _queue(workspace: Workspace, row: Conversation, event: HistoryEvent) -> None:
    """Queue what a bot must be told of an event; one that lost its turn is told so and loses the conversation."""
    known = BotCall.objects.of(workspace).filter(conversation=row)
    lost = row.bot_id is not None and (row.assignee_id is not None or somebody_took_over(row))
    last = known.order_by("-id").first()
    bot_id = row.bot_id or (last.bot_id if last and event.type != "message.received" else None)
    if lost:
        Conversation.objects.of(workspace).filter(pk=row.pk).update(bot=None)
    told = event.type in TOLD and (event.type != "message.received" or (row.bot_id is not None and not lost))
    same = Q(message_id=event.message_id) if event.message_id else Q(created_at__gte=event.recorded_at)
    if bot_id is None or not told or known.filter(same, event=event.type).exists():
        return
    BotCall.objects.create(
        workspace=workspace, bot_id=bot_id, conversation=row, event=event.type, message_id=event.message_id
    )
    wake("bots")


def tell_some() -> int:
    """Make the calls that are due, some at once; return how many: call it again until it says 0."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [LEASE_SECONDS, AT_ONCE])
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return 0
    calls = BotCall.objects.filter(pk__in=ids).select_related("bot", "workspace", "conversation").order_by("id")
    letters = [letter for call in calls if (letter := _letter(call)) is not None]
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = list(pool.map(_post, letters))
    for letter, (status, said) in zip(letters, answers, strict=True):
        _note(letter.call, said)
        act(letter.call.workspace_id, partial(_settle, letter.call, status))
    return len(ids)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a webhook: HMAC-SHA256 over the timestamp, a full stop and the body."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


def _letter(call: BotCall) -> Letter | None:
    """Return a call as it goes; None when the bot may not be told any more, or its secret does not open."""
    try:
        secret = secret_of(call.bot)
    except SecretUnreadable:
        log.error("the secret of a bot does not open", bot=str(call.bot_id))  # noqa: TRY400
        act(call.workspace_id, partial(_settle, call, None))
        return None
    if not call.bot.active:
        act(call.workspace_id, partial(_give_up, call))
        return None
    body = json.dumps(_told(call), ensure_ascii=False).encode()
    timestamp = str(int(time.time()))
    headers = {
        "X-Novelo-Event": call.event,
        "X-Novelo-Delivery": str(call.pk),
        "X-Novelo-Timestamp": timestamp,
        "X-Novelo-Signature": signature(secret, timestamp, body),
    }
    return Letter(call, call.bot.url, body, headers)


def _told(call: BotCall) -> dict[str, Any]:
    workspace = call.workspace
    row = Conversation.objects.of(workspace).for_reading().get(pk=call.conversation_id)
    message = None
    if call.message_id is not None:
        message = Message.objects.of(workspace).for_reading().filter(pk=call.message_id).first()
    return {
        "id": str(call.pk),
        "event": call.event,
        "at": represent.moment(call.created_at),
        "bot": str(call.bot_id),
        "yours": row.bot_id == call.bot_id,
        "conversation": represent.conversation(row, reading.channels_touched(workspace, [row])),
        "message": represent.message(message) if message else None,
    }


def _post(letter: Letter) -> tuple[int | None, tuple[Exchange, ...]]:
    """Make one call; touches no database: it runs in a thread."""
    with recorded() as said:
        status = hook.post(letter.url, letter.body, letter.headers)
    return status, tuple(said)


def _note(call: BotCall, said: Sequence[Exchange]) -> None:
    channel = Conversation.objects.select_related("last_channel__connection").get(pk=call.conversation_id).last_channel
    if channel is not None:
        channel_log.write(Kept(channel, one, call.message_id) for one in said)


def _settle(call: BotCall, status: int | None) -> Settled:
    """Write down what came of a call: done, tried again later, or given up."""
    if status is not None and 200 <= status < 300:
        BotCall.objects.of(call.workspace).filter(pk=call.pk).update(state="done")
        return Settled()
    if call.attempts < TRIES:
        later = timezone.now() + AGAIN[call.attempts - 1]
        BotCall.objects.of(call.workspace).filter(pk=call.pk).update(not_before=later)
        return Settled()
    return _give_up(call)


def _give_up(call: BotCall) -> Settled:
    """Let people have the conversation of a bot that cannot be reached, with a note that says so."""
    row = Conversation.objects.of(call.workspace).locked(call.conversation_id)
    waiting = BotCall.objects.of(call.workspace).filter(conversation=call.conversation_id, state="queued")
    waiting.update(state="failed")
    if row.bot_id != call.bot_id:
        return Settled()
    try:
        moved = handoff.hand_off(call.workspace, row.pk, Actor(kind="bot", name=call.bot.name))
        text = _("The bot %(name)s could not be reached: people have this conversation now.") % {"name": call.bot.name}
        words = Words(client_id=f"bot:{call.pk}", text=text, private=True)
        noted = reply(call.workspace, row.pk, Actor(kind="system"), words)
    except (Refused, TooLate):
        Conversation.objects.of(call.workspace).filter(pk=row.pk).update(bot=None)
        return Settled()
    return Settled((*moved.changes, *noted.changes), moved.work)


def forget() -> int:
    """Delete what bots were told longer ago than it is kept and return how much; for the hourly purge.

    While a conversation goes on it tells which bot had it.
    """
    old = BotCall.objects.filter(created_at__lt=timezone.now() - timedelta(days=settings.RUN_RETENTION_DAYS))
    return old.exclude(state="queued").filter(conversation__status=Conversation.Status.RESOLVED).delete()[0]

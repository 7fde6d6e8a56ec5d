"""A shop whose messages leave through a simulated provider, and what it takes to send them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from conversations import pipeline, reply
from conversations.act import act
from conversations.history import Actor
from conversations.models import Channel, Conversation, Message, OutboxEntry
from conversations.reply import Words
from hub.models import User
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import Shop, drain, new_shop, store


@pytest.fixture
def shop() -> Shop:
    return new_shop()


@pytest.fixture
def agent(shop: Shop) -> User:
    return factories.member(shop.workspace, password=None)  # nobody signs in, and hashing takes its time


@pytest.fixture
def talk(shop: Shop) -> Conversation:
    """Ana has written."""
    store(shop, bodies.text("wamid.in.1"))
    drain()
    return Conversation.objects.get()


def answer(shop: Shop, talk: Conversation, agent: User, text: str = "Claro!", **words: Any) -> Message:
    """Let an agent answer."""
    said = Words(client_id=words.pop("client_id", text), text=text, **words)
    return act(shop.workspace.pk, lambda: reply.reply(shop.workspace, talk.pk, Actor(user=agent), said)).message


def send_all() -> None:
    while pipeline.send_pending():
        pass


def let_time_pass() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversations_outboxentry SET not_before = not_before - interval '2 hours'")
        cursor.execute("UPDATE conversations_budget SET refilled_at = refilled_at - interval '2 hours'")
        cursor.execute("UPDATE conversations_gesture SET not_before = not_before - interval '2 hours'")


def queue(line: Channel, count: int = 1, *, bulk: bool = False, talk: Conversation | None = None) -> list[Message]:
    """Queue messages as they stand after being written, each to somebody else unless ``talk`` says to whom; oldest first."""
    rows = []
    for number in range(count):
        to = talk or factories.conversation(line.workspace)
        author = {"author_kind": "campaign"} if bulk else {}
        row = factories.message(
            to, line, f"linha {number}", direction="outbound", status="queued", provider_id=None, **author
        )
        row.identity = to.customer.identities.first()
        row.save(update_fields=["identity"])
        OutboxEntry.objects.create(
            message=row, workspace=line.workspace, channel=line, conversation_id=to.pk, position=row.seq, bulk=bulk
        )
        rows.append(row)
    return rows

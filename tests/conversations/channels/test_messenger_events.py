"""What only Messenger sends: watermarks, stickers, places, links and cards, comments under posts of the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from conversations.channels.types import (
    AccountNotice,
    Address,
    AttachmentRef,
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageReceived,
    StatusChanged,
    StatusUpTo,
)
from tests.conversations.channels.bodies import PAYLOADS, parse

PAGE, BIA = "101234567890123", "24680135791113"
AT = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def items(name: str) -> tuple[Any, ...]:
    return parse((PAYLOADS / "messenger" / f"{name}.json").read_bytes()).items


def test_it_works() -> None:
    text, thumb = items("text_and_thumb")
    assert (type(text), text.provider_id, text.text) == (MessageReceived, "m_1", "Boa tarde")
    assert (text.account, text.channel_kind, text.sender.addresses) == (PAGE, "messenger", (Address("psid", BIA),))
    picture = AttachmentRef(kind="sticker", url="https://scontent.xx.fbcdn.net/v/thumb.png")
    assert (thumb.kind, thumb.text, thumb.attachments) == ("sticker", "👍", (picture,))


def test_places_links_and_products_are_read() -> None:
    place, link, nowhere, product = items("location_and_link")
    assert place.payload == {"latitude": -23.55, "longitude": -46.63, "name": "Praça da Sé"}
    assert (link.kind, link.text, link.attachments) == ("share", "vi aqui", ())
    assert link.payload == {"type": "fallback", "url": "https://loja.example/p/1", "title": "Loja"}
    assert (nowhere.kind, nowhere.payload) == ("unsupported", {"type": "location", "payload": {}})
    assert (product.kind, product.text) == ("share", "Tênis azul")


def test_a_delivery_names_messages_and_a_mark_and_reading_only_a_mark() -> None:
    first, second, mark, alone, read = items("delivered_and_read")
    assert [(type(one), one.provider_id, one.status) for one in (first, second)] == [
        (StatusChanged, "m_a", "delivered"), (StatusChanged, "m_b", "delivered"),
    ]  # fmt: skip
    assert (type(mark), mark.status, mark.until, mark.at) == (StatusUpTo, "delivered", AT - timedelta(seconds=1), AT)
    assert (alone.until, alone.at) == (AT - timedelta(seconds=0.9), AT + timedelta(milliseconds=5))
    assert (read.status, read.until, read.person.addresses) == (
        "read", AT - timedelta(seconds=0.5), (Address("psid", BIA),),
    )  # fmt: skip


def test_a_card_the_page_sent_is_shown_by_its_words() -> None:
    (card,) = items("card_echo")
    assert (type(card), card.kind, card.text, card.app_id) == (
        MessageEchoed, "interactive", "Rastreie", "1517776481860111",
    )  # fmt: skip
    assert card.payload["buttons"][0]["title"] == "Abrir"


def test_comments_on_posts_are_said_changed_and_taken_back() -> None:
    added, edited, removed, liked = items("page_comments")
    assert (added.kind, added.text, added.sender.name, added.at) == ("share", "Tem azul?", "Bia Lima", AT)
    assert (added.payload["origin"], added.payload["post_id"]) == ("comment", "900")
    assert [(type(one), one.target) for one in (edited, removed)] == [
        (MessageEdited, "900_1"), (MessageDeleted, "900_1"),
    ]  # fmt: skip
    assert (edited.text, type(liked), liked.topic) == ("Tem azul claro?", AccountNotice, "feed")


def test_a_reaction_with_a_name_alone_is_its_emoji() -> None:
    assert [one.emoji for one in items("reaction_named")] == ["😠", "other", "❤️"]

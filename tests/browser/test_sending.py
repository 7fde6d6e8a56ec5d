"""What did not leave: the banner of a channel that sends nothing, and sending once more in one click or two."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from playwright.sync_api import Page, expect

from conversations import stopping
from conversations.act import act
from conversations.feed import Change, publish
from conversations.history import Actor
from conversations.models import Conversation, Message, OutboxEntry
from hub.models import User
from tests.browser.company import Shop
from tests.conversations import bodies

SignIn = Callable[..., Page]
Arrive = Callable[[bytes], None]


def settle(message: Message, status: str, title: str = "") -> None:
    """Let a message have come to this, and the page hear of it."""
    with transaction.atomic():
        error = {"code": "1", "title": title, "retryable": False} if title else None
        Message.objects.filter(pk=message.pk).update(status=status, error=error)
        OutboxEntry.objects.filter(pk=message.pk).update(state="done")
        publish(message.workspace_id, [Change("message.updated", message.pk, message.conversation_id)])


def test_it_says_which_channel_sends_nothing_until_it_works_again(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1"))
    page = sign_in(to="/inbox/?view=all")
    banner = page.locator("[data-stopped]")
    expect(banner).to_be_hidden()
    actor, channel = Actor(user=User.objects.first()), shop.channels["whatsapp"]
    act(shop.workspace.pk, lambda: stopping.stop_by_hand(shop.workspace, channel.pk, actor))
    expect(banner).to_contain_text("WhatsApp Loja")
    expect(banner.get_by_role("link")).to_have_attribute("href", f"/settings/channels/{channel.pk}/")
    page.reload()
    page.wait_for_selector("[data-ready]")
    expect(banner).to_contain_text("WhatsApp Loja")
    act(shop.workspace.pk, lambda: stopping.resume_by_hand(shop.workspace, channel.pk, actor))
    expect(banner).to_be_hidden()


def test_it_sends_the_same_message_again_and_asks_twice_in_doubt(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1"))
    page = sign_in(to=f"/inbox/{Conversation.objects.get().pk}/?view=all")
    page.locator("[data-message]").or_(page.locator("textarea")).first.fill("Já vai")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.out")).to_have_count(1)
    expect(page.locator(".message.out:not([data-id^='local'])")).to_have_count(1)
    message = Message.objects.get(direction="outbound")
    retry = page.locator(".message.out [data-retry]")
    settle(message, "failed", "O número não existe.")
    expect(page.locator(".message.out .failure")).to_contain_text("O número não existe.")
    with page.expect_response("**/resend"):
        retry.click()
    expect(retry).to_be_hidden()
    message.refresh_from_db()
    assert (message.status, OutboxEntry.objects.get(pk=message.pk).state) == ("queued", "queued")

    settle(message, "unknown")
    expect(retry).to_be_visible()
    asked = retry.inner_text()
    retry.click()
    expect(retry).not_to_have_text(asked)
    message.refresh_from_db()
    assert message.status == "unknown"
    with page.expect_response("**/resend"):
        retry.click()
    expect(retry).to_be_hidden()
    message.refresh_from_db()
    assert (message.status, Message.objects.filter(direction="outbound").count()) == ("queued", 1)

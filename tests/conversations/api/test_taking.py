"""What agents take in hand: macros, canned replies, custom fields, and how each member likes to work."""

from __future__ import annotations

from conversations.models import (
    Bot,
    CannedReply,
    Conversation,
    CustomField,
    FeedEvent,
    HistoryEvent,
    Label,
    Macro,
    Message,
)
from tests import factories
from tests.conversations.api.conftest import Shop

API = "/api/v1"


def test_it_works(shop: Shop) -> None:
    label = Label.objects.create(workspace=shop.place, name="VIP")
    macro = Macro.objects.create(
        workspace=shop.place,
        name="Encerrar",
        actions=[
            {"do": "reply", "text": "Tchau, {{customer.first_name|você}}! {{team.name|A casa}}"},
            {"do": "label", "label": str(label.pk)},
            {"do": "assign", "team": "00000000-0000-4000-8000-000000000000"},
            {"do": "resolve"},
        ],
    )
    shop.api.force_login(factories.member(shop.place, name="Ana"))
    shop.api.credentials(HTTP_ACCEPT_LANGUAGE="en")
    answer = shop.api.post(f"{API}/conversations/{shop.talk.pk}/macros/{macro.pk}")
    assert answer.status_code == 200
    done = answer.json()
    assert [(step["do"], step["done"], step["why"]) for step in done["steps"]] == [
        ("reply", True, ""), ("label", True, ""), ("assign", False, "There is no such team here."), ("resolve", True, ""),
    ]  # fmt: skip
    assert done["conversation"]["status"] == "resolved"
    assert Message.objects.get(direction="outbound").text == "Tchau, Customer! A casa"
    assert shop.api.post(f"{API}/conversations/{shop.talk.pk}/macros/{shop.talk.pk}").status_code == 404


def test_a_canned_reply_counts_how_often_it_was_of_use(shop: Shop) -> None:
    reply = CannedReply.objects.create(workspace=shop.place, shortcut="oi", title="Olá", text="Olá!")
    for _ in range(2):
        assert shop.api.post(f"{API}/canned_replies/{reply.pk}/use").status_code == 204
    reply.refresh_from_db()
    assert reply.used_count == 2


def test_custom_fields_take_only_what_fits(shop: Shop) -> None:
    CustomField.objects.create(workspace=shop.place, of="customer", key="size", title="Size", kind="number")
    path = f"{API}/customers/{shop.talk.customer_id}"
    filled = shop.api.patch(path, {"attributes": {"size": 38}}, "json")
    assert (filled.status_code, filled.json()["attributes"]) == (200, {"size": 38})
    assert HistoryEvent.objects.get(type="customer.field_changed").data == {"field": "size", "by": "agent"}
    before = FeedEvent.objects.count()
    refused = shop.api.patch(path, {"attributes": {"size": "large"}}, "json")
    assert (refused.status_code, refused.json()["errors"]) == (400, {"attributes": {"size": "Must be a number."}})
    assert shop.api.patch(path, {"attributes": {"shoe": 1}}, "json").status_code == 400
    endless = b'{"attributes": {"size": 1e999}}'
    assert shop.api.generic("PATCH", path, endless, "application/json").status_code == 400
    assert shop.api.patch(path, {"attributes": {"size": 38}}, "json").json()["attributes"] == {"size": 38}
    assert FeedEvent.objects.count() == before
    assert shop.api.patch(path, {"attributes": {"size": None}}, "json").json()["attributes"] == {}


def test_a_conversation_shows_its_fields_and_the_bot_that_speaks(shop: Shop) -> None:
    CustomField.objects.create(
        workspace=shop.place, of="conversation", key="reason", title="Reason", kind="choice", choices=["size", "color"]
    )
    bot = Bot.objects.create(workspace=shop.place, name="Aurora", url="https://bot.example/", sealed_secret=b"")
    Conversation.objects.filter(pk=shop.talk.pk).update(bot=bot)
    path = f"{API}/conversations/{shop.talk.pk}"
    filled = shop.api.patch(path, {"attributes": {"reason": "size"}}, "json")
    assert (filled.status_code, filled.json()["attributes"]) == (200, {"reason": "size"})
    assert filled.json()["bot"] == {"id": str(bot.pk), "name": "Aurora"}
    assert HistoryEvent.objects.get(type="conversation.field_changed").data["field"] == "reason"
    before = FeedEvent.objects.count()
    refused = shop.api.patch(path, {"attributes": {"reason": "smell"}}, "json")
    assert (refused.status_code, list(refused.json()["errors"]["attributes"])) == (400, ["reason"])
    assert shop.api.get(path).json()["attributes"] == {"reason": "size"}
    assert FeedEvent.objects.count() == before


def test_a_member_says_how_they_like_to_work(shop: Shop) -> None:
    path = f"{API}/me/settings"
    assert shop.api.post(path, {"enter_sends": True}, "json").status_code == 403
    user = factories.member(shop.place)
    shop.api.credentials()
    shop.api.force_login(user)
    assert shop.api.get(path).json()["single_letters"] is True
    shop.api.post(path, {"enter_sends": True}, "json")
    kept = shop.api.post(path, {"folded": ["orders"]}, "json").json()
    assert kept == {"enter_sends": True, "single_letters": True, "folded": ["orders"], "recent": []}
    assert shop.api.post(path, {"enter_sends": "yes"}, "json").status_code == 400

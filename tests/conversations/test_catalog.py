"""Templates are marked by what webhooks say of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conversations.models import Template
from tests.conversations import bodies
from tests.conversations.conftest import Shop


def news(event: str, **more: Any) -> bytes:
    """One body with news of a template."""
    said = {
        "event": event,
        "message_template_id": 590,
        "message_template_name": "oi",
        "message_template_language": "pt_BR",
    }
    return bodies.envelope(said | more, field="message_template_status_update")


def template(shop: Shop, **fields: Any) -> Template:
    usual = {"name": "oi", "language": "pt_BR", "status": "approved", "provider_id": "590"}
    return Template.objects.create(workspace=shop.workspace, channel=shop.channel, **usual | fields)


def test_it_works(shop: Shop, arrive: Callable[..., list[str]]) -> None:
    row, english = template(shop), template(shop, language="en", provider_id="591")
    assert arrive(news("PAUSED", reason="NONE"), news("PAUSED")) == ["processed", "processed"]
    row.refresh_from_db()
    english.refresh_from_db()
    assert (row.status, row.reason, english.status) == ("paused", "", "approved")
    arrive(news("REJECTED", reason="ABUSIVE_CONTENT"))
    row.refresh_from_db()
    assert (row.status, row.reason) == ("rejected", "ABUSIVE_CONTENT")
    arrive(news("REINSTATED", message_template_name=None))
    row.refresh_from_db()
    assert row.status == "approved"


def test_it_hears_news_of_its_own_account_only(shop: Shop, arrive: Callable[..., list[str]]) -> None:
    row = template(shop)
    shop.channel.settings = {"business_account": "901"}
    shop.channel.save()
    arrive(news("PAUSED"))  # of the account 900
    row.refresh_from_db()
    assert row.status == "approved"
    shop.channel.settings = {"business_account": "900"}
    shop.channel.save()
    assert arrive(news("PAUSED"), news("")) == ["processed", "processed"]
    row.refresh_from_db()
    assert row.status == "paused"

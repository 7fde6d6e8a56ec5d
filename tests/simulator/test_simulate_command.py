"""``manage.py simulate`` reads the numbers of a workspace and says what is wrong in one line."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from conversations.channels.types import Credentials
from conversations.models import Channel, Connection
from hub.management.commands.simulate import AccountsOf, NumbersOf, TwilioNumbersOf
from hub.models import Workspace
from simulator import BusinessNumber, SocialAccount


@pytest.mark.django_db(transaction=True)
def test_it_works() -> None:
    demo, other = (Workspace.objects.create(slug=slug, name=slug) for slug in ("demo", "other"))
    made = []
    for workspace in (demo, other):
        account = Connection(workspace=workspace, provider="meta")
        account.keep(Credentials(app_secrets=("new", "old"), access_token="token"))
        account.save()
        Channel.objects.create(workspace=workspace, connection=account, kind="whatsapp", name="Loja", address="106")
        Channel.objects.create(workspace=workspace, connection=account, kind="instagram", name="Loja", address="107")
        made.append(account)
    assert NumbersOf("demo", "http://127.0.0.1:8000")() == [
        BusinessNumber(
            phone_number_id="106",
            access_token="token",
            app_secret="new",
            webhook_url=f"http://127.0.0.1:8000/webhooks/{made[0].id}/",
            verified_name="Loja",
        )
    ]
    assert AccountsOf("demo", "http://127.0.0.1:8000")() == [
        SocialAccount(
            kind="instagram",
            account_id="107",
            access_token="token",
            app_secret="new",
            webhook_url=f"http://127.0.0.1:8000/webhooks/{made[0].id}/",
            name="Loja",
        )
    ]


@pytest.mark.django_db(transaction=True)
def test_it_reads_numbers_at_twilio() -> None:
    demo = Workspace.objects.create(slug="demo", name="demo")
    account = Connection(workspace=demo, provider="twilio")
    account.keep(Credentials(account_sid="AC1", auth_tokens=("first", "second")))
    account.save()
    for kind in ("twilio_whatsapp", "sms"):
        Channel.objects.create(workspace=demo, connection=account, kind=kind, name=kind, address="+551130040000")
    assert [
        (one.channel, one.address, one.auth_token) for one in TwilioNumbersOf("demo", "http://127.0.0.1:8000")()
    ] == [
        ("whatsapp", "whatsapp:+551130040000", "first"),
        ("sms", "+551130040000", "first"),
    ]
    assert NumbersOf("demo", "http://127.0.0.1:8000")() == []


def test_it_refuses_a_hub_on_another_machine() -> None:
    with pytest.raises(CommandError, match=r"only sends to 127\.0\.0\.1"):
        call_command("simulate", hub="https://hub.example.com")


def test_it_refuses_switches_it_does_not_know() -> None:
    with pytest.raises(CommandError, match="unknown field `speed`"):
        call_command("simulate", switches='{"speed": 1}')

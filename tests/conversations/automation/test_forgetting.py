"""Logs of what happened by itself end with their retention, but not before the conversation they concern."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations import tasks
from conversations.bots import keeping
from conversations.models import BotCall, Rule, RuleRun
from tests import factories

pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    place = factories.workspace()
    rule = Rule.objects.create(workspace=place, name="Olá", event="message.received")
    bot = keeping.create(place, keeping.Plan(name="Luz", url="https://bot.example.com/hook")).bot
    over = factories.conversation(place, status="resolved", resolved_at=timezone.now())
    goes_on = factories.conversation(place)
    kept = []
    for number, (talk, days) in enumerate(((over, 91), (over, 89), (goes_on, 91))):
        at = timezone.now() - timedelta(days=days)
        run = RuleRun.objects.create(workspace=place, rule=rule, conversation=talk, event_id=number, fired=True, at=at)
        call = BotCall.objects.create(
            workspace=place, bot=bot, conversation=talk, event="message.received", state="done", created_at=at
        )
        kept.append((run, call))
    waits = BotCall.objects.create(
        workspace=place, bot=bot, conversation=over, event="message.received", created_at=timezone.now() - timedelta(99)
    )
    assert tasks.purge()["runs"] == 2
    assert list(RuleRun.objects.order_by("pk")) == [run for run, _call in kept[1:]]
    assert list(BotCall.objects.order_by("pk")) == [*(call for _run, call in kept[1:]), waits]

"""Moving conversations by the clock: what nobody pressed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations import triage
from conversations.act import act
from conversations.models import FeedEvent, HistoryEvent
from tests import factories


@pytest.mark.django_db
def test_it_takes_up_what_was_snoozed_long_enough() -> None:
    place, now = factories.workspace(), timezone.now()
    due = factories.conversation(place, status="snoozed", snoozed_until=now - timedelta(seconds=1))
    later = factories.conversation(place, status="snoozed", snoozed_until=now + timedelta(hours=1))
    other = factories.conversation(factories.workspace(), status="snoozed", snoozed_until=now - timedelta(hours=1))
    assert act(place.pk, lambda: triage.awaken(place)).count == 1
    for row in (due, later, other):
        row.refresh_from_db()
    assert [(row.status, row.snoozed_until is None) for row in (due, later, other)] == [
        ("open", True),
        ("snoozed", False),
        ("snoozed", False),
    ]
    event = HistoryEvent.objects.get()
    assert (event.type, event.conversation_id, event.actor_kind) == ("conversation.unsnoozed", due.pk, "rule")
    assert FeedEvent.objects.get().subject_id == due.pk


@pytest.mark.django_db
def test_it_tells_nothing_when_nothing_was_due() -> None:
    place = factories.workspace()
    factories.conversation(place)
    assert act(place.pk, lambda: triage.awaken(place)).count == 0
    assert FeedEvent.objects.count() == HistoryEvent.objects.count() == 0


@pytest.mark.django_db
def test_it_puts_back_into_the_queue_whom_nobody_answered() -> None:
    place = factories.workspace()
    talk = factories.conversation(place, status="snoozed", snoozed_until=timezone.now())
    factories.message(talk, factories.channel(place))
    act(place.pk, lambda: triage.awaken(place))
    talk.refresh_from_db()
    assert talk.status == "waiting"

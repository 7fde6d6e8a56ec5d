"""What comes in from outside: messages, turns and everything else become history, and conversations are cut out of it."""

from __future__ import annotations

from conversations.models import Conversation, Customer, HistoryEvent, Identity, Message
from hub.models import Workspace
from tests.conversations.outside.conftest import PHONE, heard, resolved, said, taken, told


def test_it_works(place: Workspace) -> None:
    events = [
        heard("2 09:00", "Vocês abrem hoje?"),
        said("2 09:05", "Sim, até as 18h."),
        told("order.placed", "2 09:30", "store", order="A1", value=199.9, currency="BRL"),
        resolved("2 10:00"),
        heard("6 14:00", "Oi de novo"),
    ]
    assert taken(place, events) == ["accepted"] * 5
    assert taken(place, events) == ["duplicate"] * 5
    customer = Customer.objects.of(place).get()
    assert Identity.objects.of(place).get().value == PHONE
    first, second = Conversation.objects.of(place).order_by("opened_at")
    assert (first.status, second.status) == ("resolved", "waiting")
    assert [row.text for row in Message.objects.of(place).filter(conversation=first).in_order()] == [
        "Vocês abrem hoje?",
        "Sim, até as 18h.",
    ]
    assert second.opened_at.isoformat() == "2026-03-06T17:00:00+00:00"
    order = HistoryEvent.objects.of(place).get(type="order.placed")
    assert (order.customer, order.conversation, order.data["value"]) == (customer, None, "199.9")

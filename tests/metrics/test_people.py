"""Figures of people who are joined and taken apart: one customer, one conversation, and back, at every step as history says."""

from __future__ import annotations

import pytest

from conversations.models import Conversation
from metrics.models import ConversationFact, VolumeFact, WaitFact
from metrics.rebuild import differences, rebuild
from tests.conversations.merging.street import MINUTE, Street
from tests.metrics.conftest import derive_all


@pytest.fixture
def street(transactional_db: None) -> Street:
    """A street whose history is committed: derive looks at nothing else."""
    return Street()


def figures(street: Street) -> dict[str, int]:
    """Derive what waits, prove it, and return what supervisors count."""
    derive_all()
    assert list(differences(street.place)) == []
    seen = VolumeFact.objects.of(street.place)
    return {
        "people": len(set(seen.values_list("customer_id", flat=True))),
        "conversations": ConversationFact.objects.of(street.place).filter(opened_by_customer=True).count(),
        "waiting": WaitFact.objects.of(street.place).filter(outcome="open").count(),
        "answered": WaitFact.objects.of(street.place).filter(outcome="answered").count(),
        "said": sum(len(row.inbound) for row in seen),
    }


def act(street: Street, *acts: tuple[str, str]) -> None:
    """Play acts a minute apart."""
    for verb, who in acts:
        street.now += MINUTE
        getattr(street, verb)(who)


def test_it_works(street: Street) -> None:
    act(street, ("hear", "ana"), ("hear", "bia"), ("hear", "caio"))
    apart = figures(street)
    assert apart == {"people": 3, "conversations": 3, "waiting": 3, "answered": 0, "said": 3}
    street.now += MINUTE
    keys = [street.join("ana", "bia"), street.join("caio", "ana")]
    assert figures(street) == {"people": 1, "conversations": 1, "waiting": 1, "answered": 0, "said": 3}
    wait = WaitFact.objects.get()
    assert (wait.channel_kind, wait.customer_id) == ("instagram", street.customer("caio").pk)  # the first to wait
    for key in keys:
        assert key
        street.now += MINUTE
        street.part(key)
    assert figures(street) == apart
    assert {fact.customer_id for fact in ConversationFact.objects.all()} == {
        street.customer(who).pk for who in ("ana", "bia", "caio")
    }


def test_figures_follow_through_talk_answers_and_ends_between(street: Street) -> None:
    act(street, ("hear", "ana"), ("hear", "bia"))
    figures(street)
    street.now += MINUTE
    key = street.join("bia", "ana")
    assert key
    act(street, ("answer", "bia"), ("hear", "ana"))
    assert figures(street) == {"people": 1, "conversations": 1, "waiting": 1, "answered": 1, "said": 3}
    act(street, ("resolve", "ana"), ("hear", "bia"))
    assert figures(street) == {"people": 1, "conversations": 1, "waiting": 1, "answered": 1, "said": 4}
    street.now += MINUTE
    street.part(key)
    # Ana was never answered herself; Bia was, and writes again after the end that was hers as well.
    assert figures(street) == {"people": 2, "conversations": 2, "waiting": 1, "answered": 1, "said": 4}
    assert sorted(Conversation.objects.values_list("status", flat=True)) == ["resolved", "waiting"]
    before = list(ConversationFact.objects.order_by("id").values())
    ConversationFact.objects.all().delete()
    rebuild(street.place)
    assert list(ConversationFact.objects.order_by("id").values()) == before

"""Erasing one person whole: every row, file and journal, in one act; what figures count stays as nobody's."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from conversations import erased
from conversations.feed import after
from conversations.models import Conversation, Customer, Delivery, Erasure, HistoryEvent, Identity, Merge, Message
from hub.models import AuditEntry, Role
from metrics.aggregate import derive_pending
from metrics.models import Receipt
from metrics.rebuild import differences
from metrics.receipts import recompute
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import drain, let_lanes_go, rows_of, store
from tests.conversations.erasing.conftest import NUMBER, ORDER, WORDS, Company, look_everywhere, order, she_was_here
from tests.conversations.erasing.everywhere import in_the_database, in_the_storage
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)

FIGURES = ("interaction_volume", "reply_time", "sales_by_channel", "spend_per_customer")
EVER = {"from": "2020-01-01", "to": "2040-01-01"}


def figures(company: Company) -> dict[str, Any]:
    """Return some figures of a company, and the receipts that prove them."""
    while derive_pending():
        pass
    assert not list(differences(company.place))
    return {name: company.api.get(f"/api/v1/metrics/{name}", EVER).json() for name in FIGURES}


def totals(answers: dict[str, Any]) -> dict[str, Any]:
    """Return what figures say, but for what only time moves."""
    return {name: {**one["total"], "oldest_open_seconds": None} for name, one in answers.items()}


def test_nothing_of_a_person_is_left_and_figures_stand() -> None:
    company, other = Company(), Company("lua", "200300400")
    talk = she_was_here(company)
    other.arrives("wamid.z1", "o mesmo número noutra empresa")
    person, before = company.person(), figures(company)
    theirs = str(other.place.pk)
    there = in_the_database(WORDS)
    untouched = {place for place, owners in there.items() if theirs in owners}
    assert len({table for (table, _), owners in there.items() if owners - {theirs}}) >= 12
    head = after(company.place.pk, 0, 10_000)[-1].seq
    assert in_the_storage(WORDS)

    answer = company.erase(person.pk)
    assert answer.status_code == 200
    assert (answer.json()["reason"], answer.json()["finished_at"]) == ("request", None)
    look_everywhere()

    now = figures(company)
    left = in_the_database(WORDS)
    assert {place for place, owners in left.items() if owners - {theirs}} == set()
    assert left.keys() == untouched
    assert in_the_storage(WORDS) == set()
    assert Erasure.objects.get().sealed_traces is None
    assert Erasure.objects.get().finished_at is not None

    assert totals(now) == totals(before)
    receipt = Receipt.objects.get(pk=before["sales_by_channel"]["receipt"])
    assert recompute(receipt)["as_of_mark"]["equal"]
    open_before = company.api.get("/api/v1/conversations", {"status": "waiting"}).json()["results"]
    assert [row["customer_name"] for row in open_before] == ["Bruno Outro"]

    ended = HistoryEvent.objects.of(company.place).get(type="conversation.resolved")
    assert (ended.conversation_id, ended.data) == (talk, {"reason": "erased", "by": "agent"})
    told = HistoryEvent.objects.of(company.place).get(type="customer.erased")
    assert (told.customer_id, told.data["reason"]) == (person.pk, "request")
    noted = AuditEntry.objects.get(action="customer.erased")
    assert (noted.subject_id, noted.subject_name, noted.changes) == (str(person.pk), "", {"reason": ["", "request"]})
    lines = after(company.place.pk, head, 100)
    assert ("conversation.updated", talk) in [(line.kind, line.subject_id) for line in lines]


def test_receipts_say_what_changed_and_why() -> None:
    company = Company()
    company.arrives("wamid.z1", "alguém aí?")
    unanswered = figures(company)["reply_time"]
    assert unanswered["total"]["censored"] == 1
    company.erase(company.person().pk)
    after_it = figures(company)["reply_time"]
    assert after_it["total"]["censored"] == 0  # what nobody answers any more is not waited for
    again = recompute(Receipt.objects.get(pk=unanswered["receipt"]))
    assert again["as_of_mark"]["equal"]
    assert not again["now"]["equal"]
    (change,) = again["now"]["changes"]
    assert change["because"] == ["conversation.resolved"]


def test_who_writes_again_is_somebody_new_and_what_is_told_again_brings_nobody_back() -> None:
    company = Company()
    first = company.arrives("wamid.z1", "primeira vez")
    placed = order("placed", company.later())
    assert company.tells(placed) == ["accepted"]
    kept, old = bytes(Delivery.objects.get(pk=first).body), company.person().pk
    company.erase(old)
    look_everywhere()
    assert bytes(Delivery.objects.get(pk=first).body) == b""

    store(company.shop, kept)  # Meta sends for a week what was not answered
    receipts = bodies.statuses(("wamid.z1", "read"), recipient=NUMBER)
    store(company.shop, receipts, bodies.several(kept, bodies.text("wamid.b1", "5511900000042", "outra pessoa")))
    drain()
    again = Delivery.objects.order_by("-id")[:3]
    assert [(row.outcome, bytes(row.body)) for row in again] == [("processed", b""), ("ignored", b""), ("ignored", b"")]
    assert {row.reason for row in again} == {"", erased.REASON}
    assert company.tells(placed) == ["duplicate"]
    assert list(Message.objects.of(company.place).values_list("provider_id", flat=True)) == ["wamid.b1"]
    assert not Identity.objects.of(company.place).filter(value__contains="7654").exists()
    assert in_the_database([NUMBER, ORDER]) == {}

    company.arrives("wamid.z2", "voltei")
    new = company.person()
    assert (new.pk != old, new.conversations.get().status) == (True, "waiting")
    assert company.api.get(f"/api/v1/customers/{old}").status_code == 404
    assert [row["id"] for row in company.api.get("/api/v1/customers").json()["results"]][:1] == [str(new.pk)]


def test_whoever_writes_while_it_happens_is_either_gone_or_somebody_new() -> None:
    company = Company()
    agent = factories.client(factories.token(company.place, Role.AGENT))
    for number in range(3):
        company.arrives(f"wamid.z{number}", "antes")
        person = company.person()
        talk = person.conversations.get()
        store(company.shop, bodies.text(f"wamid.n{number}", NUMBER, "durante", int(company.later().timestamp())))
        answer = {"client_id": str(number), "text": "já vejo"}
        together(
            lambda: company.erase(person.pk),  # noqa: B023  called before the next turn
            drain,
            lambda: agent.post(f"/api/v1/conversations/{talk.pk}/messages", answer, "json"),  # noqa: B023
        )
        for _ in range(10):  # whoever had looked her up already has to begin again
            drain()
            if not Delivery.objects.filter(outcome="pending").exists():
                break
            let_lanes_go()
        look_everywhere()
        assert Erasure.objects.filter(customer=person.pk).count() == 1
    nobody = Customer.objects.exclude(erased_at=None)
    assert not Message.objects.filter(customer__in=nobody).exists()
    assert not Identity.objects.filter(customer__in=nobody).exists()
    assert not nobody.exclude(name="", attributes={}).exists()
    assert {row.erased for row in Conversation.objects.filter(customer__in=nobody)} == {True}
    assert not Delivery.objects.filter(outcome__in=["pending", "failed"]).exists()


def test_no_undo_brings_anybody_back() -> None:
    company = Company()
    talk = she_was_here(company)
    person, merge = company.person(), Merge.objects.of(company.place).get()
    company.erase(person.pk)
    before = rows_of(Conversation, "id", "customer_id", "status", "folded_into_id")
    undone = company.api.post(f"/api/v1/merges/{merge.pk}/undo")
    bruno = Customer.objects.of(company.place).people().get()
    joined = company.api.post(f"/api/v1/customers/{bruno.pk}/merge", {"with": str(person.pk)}, "json")
    for answer in (undone, joined, company.api.get(f"/api/v1/conversations/{talk}"),
                   company.api.get(f"/api/v1/customers/{person.pk}/timeline"),
                   company.api.post(f"/api/v1/conversations/{talk}/reopen"),
                   company.api.post(f"/api/v1/conversations/{talk}/messages", {"client_id": "1", "text": "oi"}, "json"),
                   company.api.patch(f"/api/v1/customers/{person.pk}", {"attributes": {}}, "json")):  # fmt: skip
        assert answer.status_code == 404
    assert company.api.get("/api/v1/merges").json()["results"] == []
    assert rows_of(Conversation, "id", "customer_id", "status", "folded_into_id") == before


def test_it_is_done_once_by_whom_it_may() -> None:
    company, stranger = Company(), Company("lua", "200300400")
    company.arrives("wamid.z1", "olá")
    person = company.person()
    path, key = f"/api/v1/customers/{person.pk}/erase", {"Idempotency-Key": str(uuid4())}
    for role in (Role.AGENT, Role.SUPERVISOR):
        refused = factories.client(factories.token(company.place, role)).post(path, {"reason": "request"}, "json")
        assert refused.status_code == 403
        assert refused.json()["detail"] == "You do not have permission to perform this action."
    assert stranger.erase(person.pk).status_code == 404
    wrong = company.api.post(path, {"reason": f"{person.name} pediu"}, "json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["reason"])
    assert not Erasure.objects.exists()
    assert Message.objects.of(company.place).get().text == "olá"

    first, same, again = company.erase(person.pk, **key), company.erase(person.pk, **key), company.erase(person.pk)
    assert first.json() == same.json() == again.json()
    assert (same.headers["Idempotent-Replayed"], again.status_code) == ("true", 200)
    assert AuditEntry.objects.filter(action="customer.erased").count() == 1
    assert company.api.get("/api/v1/erasures").json()["results"] == [first.json()]
    assert company.erase(uuid4()).status_code == 404


def test_a_person_may_have_everything_that_is_kept() -> None:
    company = Company()
    she_was_here(company)
    path = f"/api/v1/customers/{company.person().pk}/export"
    agent = factories.client(factories.token(company.place, Role.AGENT))
    assert agent.get(path).status_code == 403
    answer = company.api.get(path)
    document = json.loads(b"".join(getattr(answer, "streaming_content")))  # noqa: B009  what the test client returns does not know it
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert {row["kind"] for row in document["customer"]["identities"]} == {"wa_id", "visitor", "phone", "email"}
    assert [one["filename"] for one in document["files"]] == ["Zuleica Quaresmeira.txt"]
    said = [one["text"] for one in document["timeline"] if one["type"] == "message"]
    assert said == [
        "meu segredo é jabuticaba", "sou eu de novo, jabuticaba", "Olá Zuleica Quaresmeira",
        "Zuleica Quaresmeira prefere a jabuticaba",
    ]  # fmt: skip
    assert {"order.placed", "order.paid", "customer.merged"} <= {one.get("event") for one in document["timeline"]}
    assert (len(document["conversations"]), len(document["merges"])) == (2, 1)
    assert AuditEntry.objects.get(action="customer.exported").subject_id == str(company.person().pk)

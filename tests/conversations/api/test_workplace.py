"""What agents work with, by the API: labels, canned replies, custom fields and macros."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from conversations.models import CannedReply, Conversation, CustomField, HistoryEvent, Label, Macro
from conversations.refusal import Refused
from conversations.workplace import fields
from hub.models import AuditEntry, Role, Workspace
from hub.models.audit import AppendOnly
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Workspace:
    """A workspace."""
    return factories.workspace()


@pytest.fixture
def api(place: Workspace) -> APIClient:
    """Its administrator's program."""
    return factories.client(factories.token(place))


def refused(answer: Any, field: str, sentence: Any) -> None:
    """Assert that the answer is a refusal with this sentence at this field."""
    assert (answer.status_code, answer.json()["errors"][field]) == (400, sentence)


def test_it_works(place: Workspace, api: APIClient) -> None:
    label = api.post("/api/v1/labels", {"name": " Troca  de produto ", "color": "amber"}, "json").json()
    assert label == {"id": label["id"], "name": "Troca de produto", "color": "amber"}
    reply = api.post(
        "/api/v1/canned_replies",
        {"shortcut": "/Oi", "title": "Saudação", "text": "Oi, {{customer.first_name}}!", "language": "pt-br"},
        "json",
    ).json()
    assert (reply["shortcut"], reply["team"], reply["used_count"]) == ("oi", None, 0)
    asked = {"of": "customer", "title": "Número do pedido", "kind": "choice", "choices": ["A", "B", "A"]}
    field = api.post("/api/v1/custom_fields", asked, "json").json()
    assert (field["key"], field["choices"], field["position"]) == ("numero_do_pedido", ["A", "B"], 0)
    acts = [{"do": "label", "label": label["id"]}, {"do": "resolve"}]
    macro = api.post("/api/v1/macros", {"name": "Encerrar troca", "actions": acts}, "json").json()
    assert macro["actions"] == acts
    agent = factories.client(factories.token(place, Role.AGENT))
    for address, row in (("labels", label), ("canned_replies", reply), ("custom_fields", field), ("macros", macro)):
        assert agent.get(f"/api/v1/{address}").json() == {"next": None, "previous": None, "results": [row]}
        assert agent.post(f"/api/v1/{address}", {}, "json").status_code == 403
    changed = api.patch(
        f"/api/v1/canned_replies/{reply['id']}", {"text": "Olá {{customer.numero_do_pedido|sem pedido}}"}, "json"
    )
    assert changed.json()["text"] == "Olá {{customer.numero_do_pedido|sem pedido}}"
    changed = api.patch(f"/api/v1/custom_fields/{field['id']}", {"choices": ["B", "C"]}, "json")
    assert changed.json()["choices"] == ["B", "C"]
    noted = list(AuditEntry.objects.of(place).order_by("id").values_list("action", "actor_name", "subject_name"))
    assert noted[0] == ("label.created", "tests", "Troca de produto")
    assert [action for action, _who, _what in noted[1:]] == [
        "canned_reply.created", "custom_field.created", "macro.created", "canned_reply.changed", "custom_field.changed",
    ]  # fmt: skip
    with pytest.raises(AppendOnly):
        AuditEntry.objects.of(place).delete()


def test_it_keeps_other_words_of_the_same_acts(place: Workspace, api: APIClient) -> None:
    said = {"name": "Encerrar", "actions": [{"do": "reply", "text": "Até logo!"}, {"do": "resolve"}]}
    key = api.post("/api/v1/macros", said, "json").json()["id"]
    others = [{"do": "reply", "text": "Até amanhã!"}, {"do": "resolve"}]
    assert api.patch(f"/api/v1/macros/{key}", {"actions": others}, "json").json()["actions"] == others
    assert api.get("/api/v1/macros").json()["results"][0]["actions"] == others
    noted = AuditEntry.objects.of(place).get(action="macro.changed")
    assert noted.changes == {"actions": [said["actions"], others]}


def test_it_says_at_the_field_what_is_wrong_and_keeps_nothing(place: Workspace, api: APIClient) -> None:
    api.post("/api/v1/labels", {"name": "VIP"}, "json")
    api.post("/api/v1/canned_replies", {"shortcut": "oi", "title": "Oi", "text": "Oi"}, "json")
    api.post("/api/v1/custom_fields", {"of": "customer", "title": "Loja"}, "json")
    stranger = factories.team(factories.workspace())
    same = {"shortcut": "oi", "title": "Oi", "text": "Oi"}
    for address, body, field, sentence in (
        ("labels", {"name": "vip"}, "name", "There is a label of this name already."),
        ("canned_replies", same, "shortcut", "There is a reply with this shortcut already."),
        ("canned_replies", same | {"shortcut": "olá"}, "shortcut",
         "May hold letters without accents, digits, “-” and “_” only."),
        ("canned_replies", same | {"shortcut": "b", "text": "Oi {{customer.age}}"}, "text",
         "Nothing is called “customer.age”: there is no such variable."),
        ("canned_replies", same | {"shortcut": "b", "text": "Oi {{customer.name"}, "text",
         "A variable stands between {{ and }}: one of them is missing."),
        ("canned_replies", same | {"shortcut": "b", "team": str(stranger.pk)}, "team", "There is no such team."),
        ("custom_fields", {"of": "customer", "title": "Loja"}, "key", "There is a field of this key already."),
        ("custom_fields", {"of": "customer", "title": "X", "kind": "choice", "choices": ["a"]}, "choices",
         "A choice needs at least two choices."),
        ("custom_fields", {"of": "customer", "title": "X", "choices": ["a", "b"]}, "choices",
         "Only a choice has choices."),
        ("macros", {"name": "x", "actions": []}, "actions", "There is nothing to do: add an action."),
        ("macros", {"name": "x", "actions": [{"do": "label", "label": str(stranger.pk)}]}, "actions",
         {"0": "There is no such label."}),
    ):  # fmt: skip
        refused(api.post(f"/api/v1/{address}", body, "json"), field, sentence)
    kept = [model.objects.of(place).count() for model in (Label, CannedReply, CustomField, Macro)]
    assert (kept, AuditEntry.objects.of(place).count()) == ([1, 1, 1, 0], 3)


def test_a_label_that_goes_leaves_what_goes_on_and_stays_where_it_was_history(place: Workspace, api: APIClient) -> None:
    label = Label.objects.create(workspace=place, name="Urgente")
    open_one = factories.conversation(place, label_ids=[label.pk], status="open")
    ended = factories.conversation(place, label_ids=[label.pk], status="resolved", resolved_at="2026-03-01T12:00:00Z")
    assert api.delete(f"/api/v1/labels/{label.pk}").status_code == 204
    rows = dict(Conversation.objects.of(place).values_list("pk", "label_ids"))
    assert rows == {open_one.pk: [], ended.pk: [label.pk]}
    event = HistoryEvent.objects.of(place).get()
    assert (event.type, event.conversation_id, event.data["label"]) == (
        "conversation.unlabeled",
        open_one.pk,
        "Urgente",
    )


def test_a_value_fits_its_field_or_is_refused() -> None:
    def fit(kind: str, value: Any) -> Any:
        return fields.fitting(CustomField(key="k", kind=kind, choices=["P", "M"]), value)

    assert [fit("text", "x"), fit("number", 2.5), fit("choice", "P"), fit("yes_no", False), fit("date", "2026-03-01")] == [
        "x", 2.5, "P", False, "2026-03-01",
    ]  # fmt: skip
    assert fit("text", "") is None
    for kind, value in (
        ("number", "2"),
        ("number", True),
        ("choice", "G"),
        ("yes_no", "yes"),
        ("date", "01/03/2026"),
        ("text", 1),
    ):
        with pytest.raises(Refused):
            fit(kind, value)

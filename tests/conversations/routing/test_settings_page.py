"""The page of routing: rules are made, ordered and removed, a sentence at the field where something is wrong, and the queue is looked at."""

from __future__ import annotations

from typing import Any

from conversations.models import CustomField, Label
from hub import routing
from hub.models import AuditEntry, Role, Workspace
from tests import factories
from tests.conversations.routing.conftest import Shop
from tests.pages import browser_of, text

HTMX = {"HX-Request": "true"}
PAGE, NEW = "/settings/routing/", "/settings/routing/rules/new/"


def rules(shop: Shop) -> list[dict[str, Any]]:
    return routing.shown(Workspace.objects.get(pk=shop.place.pk))["rules"]  # type: ignore[no-any-return]


def marks(shop: Shop) -> list[str]:
    return [routing.mark_of(one) for one in rules(shop)]


def test_it_works(shop: Shop) -> None:
    admin, ana = browser_of(shop.place), shop.agent("Ana")
    label = Label.objects.create(workspace=shop.place, name="VIP", color="teal")
    CustomField.objects.create(workspace=shop.place, of="customer", key="gold", title="Ouro", kind="yes_no")
    typed = {
        "name": " Ouro  já ",
        "label": str(label.pk),
        "hours": "closed",
        "team": str(shop.team.pk),
        "field": "gold",
    }
    drawn = admin.post(NEW, typed, headers=HTMX).content.decode()
    assert ('<option value="true">Yes</option>' in drawn, " Ouro  já " in drawn, rules(shop)) == (True, True, [])
    full = typed | {"act": "save", "value": "true", "agent": str(ana.pk), "skills": "VIP, trocas", "speaks": "es"}
    assert admin.post(NEW, full | {"priority": "3"}, headers=HTMX).headers["HX-Redirect"] == PAGE
    kept = {
        "name": "Ouro já",
        "if": {"label": str(label.pk), "hours": "closed", "attribute": {"gold": True}},
        "then": {
            "team": str(shop.team.pk), "agent": str(ana.pk), "skills": ["vip", "trocas"], "language": "es", "priority": 3,
        },
    }  # fmt: skip
    assert rules(shop) == [kept]
    assert len(routing.rules_of(Workspace.objects.get(pk=shop.place.pk))) == 1  # routing understands it
    said = text(admin.get(PAGE))
    assert (
        "VIP · outside working hours · Ouro: Yes → Support · Ana · knows vip, trocas · speaks Español · priority High"
        in said
    )
    assert AuditEntry.objects.of(shop.place).get().action == "routing.changed"

    other = {"act": "save", "name": "Resto", "priority": "0"}
    admin.post(NEW, other)
    admin.post(PAGE, {"act": f"up:{marks(shop)[1]}"})
    assert [one["name"] for one in rules(shop)] == ["Resto", "Ouro já"]
    changed = admin.post(f"/settings/routing/rules/{marks(shop)[0]}/", other | {"name": "Tudo"})
    assert (changed.status_code, rules(shop)[0]) == (302, {"name": "Tudo", "if": {}, "then": {"priority": 0}})
    admin.post(f"/settings/routing/rules/{marks(shop)[0]}/remove/")
    assert rules(shop) == [kept]


def test_it_says_at_the_field_what_is_wrong_and_keeps_nothing(shop: Shop) -> None:
    admin, stranger = browser_of(shop.place), factories.member(shop.place, name="Rui")
    CustomField.objects.create(
        workspace=shop.place, of="customer", key="shop", title="Loja", kind="choice", choices=["A", "B"]
    )
    gone = {"name": "Alt", "if": {"label": str(factories.workspace().pk)}, "then": {"priority": 1}}
    shop.place.settings = {"routing": [gone]}
    shop.place.save()
    for path, given, sentence in (
        (NEW, {"name": ""}, "This field is required."),
        (NEW, {"name": "x"}, "Say what becomes of it: a team, a person, a skill, a language or a priority."),
        (NEW, {"name": "x", "team": str(shop.team.pk), "agent": str(stranger.pk)}, "They are not in this team"),
        (NEW, {"name": "x", "priority": "9"}, "Select a valid choice."),
        (NEW, {"name": "x", "priority": "1", "field": "shop", "value": ""}, "Say which value."),
        (NEW, {"name": "x", "priority": "1", "field": "shop", "value": "C"}, "Select a valid choice."),
        (NEW, {"name": "x", "skills": "y" * 41}, "A skill may hold at most 40 characters."),
        (f"/settings/routing/rules/{marks(shop)[0]}/", {"name": "Alt", "label": gone["if"]["label"], "priority": "1"},  # type: ignore[index]
         "It is no longer here: choose another one."),
        ("/settings/routing/rules/0123456789abcdef/", {"name": "x", "priority": "1"},
         "Somebody else has changed or removed this rule meanwhile."),
    ):  # fmt: skip
        answer = admin.post(path, {"act": "save", **given}, headers=HTMX)
        assert sentence in text(answer), given
        assert rules(shop) == [gone]
    assert "Every conversation" not in text(admin.get(PAGE))
    assert admin.get("/settings/routing/rules/0123456789abcdef/").status_code == 404
    assert browser_of(shop.place, Role.SUPERVISOR).get(PAGE).status_code == 403
    assert browser_of(factories.workspace()).get(f"/settings/routing/rules/{marks(shop)[0]}/").status_code == 404
    assert not AuditEntry.objects.exists()


def test_everybodys_queue_and_the_breaks_are_kept_and_a_waiting_conversation_is_given_out(shop: Shop) -> None:
    admin, ana = browser_of(shop.place), shop.agent("Ana")
    talk = shop.talk(team=False)
    queue = {"method": "round_robin", "sticky": "on", "silent_minutes": "4", "gone_minutes": ""}
    refused = admin.post("/settings/routing/queue/", queue | {"silent_minutes": "1441"}, headers=HTMX)
    assert "Ensure this value is less than or equal to 1440." in text(refused)
    assert shop.work()["given"] == 0
    saved = admin.post("/settings/routing/queue/", queue, headers=HTMX)
    assert ("Saved." in text(saved), b"<html" in saved.content) == (True, False)
    assert routing.shown(Workspace.objects.get(pk=shop.place.pk))["everybody"] == {
        "method": "round_robin", "sticky": True, "silent_minutes": 4, "gone_minutes": None,
    }  # fmt: skip
    shop.work()
    talk.refresh_from_db()
    assert talk.assignee == ana
    assert "Saved." in text(admin.post("/settings/routing/breaks/", {"reasons": "Café\n\nAlmoço"}))
    wrong = admin.post("/settings/routing/breaks/", {"reasons": "x" * 81})
    assert "At most 30 reasons of at most 80 characters." in text(wrong)
    assert routing.shown(Workspace.objects.get(pk=shop.place.pk))["break_reasons"] == ["Café", "Almoço"]

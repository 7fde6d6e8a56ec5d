"""The commands that furnish an installation: bootstrap and the demo company."""

from __future__ import annotations

import io
import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Count
from rest_framework.test import APIClient

from conversations.models import (
    AlertRule,
    CannedReply,
    Channel,
    Connection,
    CustomField,
    Label,
    Macro,
    Rule,
    SavedView,
    SlaPolicy,
    Survey,
)
from hub.models import ApiToken, Membership, Role, Team, User, Workspace
from hub.routing import rules_of
from tests import factories


def run(*words: str) -> list[str]:
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=io.StringIO())
    return out.getvalue().splitlines()


def bootstrap(*words: str) -> list[str]:
    return run("bootstrap", "--workspace", "acme", "--admin-email", "a@b.c", *words)


def test_it_works(db: None) -> None:
    said = bootstrap("--print-token")
    assert APIClient().get("/api/v1/queue", headers={"Authorization": f"Token {said[-1]}"}).status_code == 200
    membership = Membership.objects.get()
    assert (membership.workspace.slug, membership.user.email, membership.role) == ("acme", "a@b.c", Role.ADMIN)
    assert ApiToken.objects.get().role == Role.ADMIN


def test_it_prints_a_made_up_password_once(db: None) -> None:
    password = next(line.partition(": ")[2] for line in bootstrap() if line.startswith("password"))
    assert User.objects.get().check_password(password)
    assert not any(line.startswith("password") for line in bootstrap())


def test_it_changes_nothing_the_second_time(db: None) -> None:
    bootstrap()
    before = list(User.objects.values()), list(Membership.objects.values()), list(ApiToken.objects.values())
    assert bootstrap() == ["workspace acme: already there", "administrator a@b.c: already there"]
    assert (list(User.objects.values()), list(Membership.objects.values()), list(ApiToken.objects.values())) == before
    assert Workspace.objects.count() == 1


def test_it_keeps_earlier_tokens_valid(db: None) -> None:
    first, second = bootstrap("--print-token")[-1], bootstrap("--print-token")[-1]
    assert first != second
    for plain in (first, second):
        assert factories.client(plain).get("/api/v1/queue").status_code == 200


def test_it_sets_the_given_password(db: None) -> None:
    bootstrap("--admin-password", "one-long-password")
    bootstrap("--admin-password", "two-long-password")
    assert User.objects.get().check_password("two-long-password")


def test_it_makes_an_agent_an_administrator(db: None) -> None:
    place = factories.workspace(slug="acme")
    factories.member(place, Role.AGENT, email="a@b.c")
    bootstrap()
    assert Membership.objects.get().role == Role.ADMIN


@pytest.mark.parametrize(
    ("workspace", "email", "sentence"),
    [
        ("!", "a@b.c", "--workspace must hold at least one letter or digit."),
        ("acme", "nobody", "--admin-email is not an e-mail address."),
    ],
)
def test_it_refuses_what_is_no_name(db: None, workspace: str, email: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        run("bootstrap", "--workspace", workspace, "--admin-email", email)
    assert Workspace.objects.count() == User.objects.count() == 0


def test_the_demo_company_works(db: None) -> None:
    said = run("demo")
    assert [line.split()[:3] for line in said] == [
        ["agent", "ana@demo.novelo", "novelo-demo-2026"],
        ["agent", "bruno@demo.novelo", "novelo-demo-2026"],
        ["supervisor", "carla@demo.novelo", "novelo-demo-2026"],
        ["agent", "diego@demo.novelo", "novelo-demo-2026"],
        ["agent", "elisa@demo.novelo", "novelo-demo-2026"],
        ["admin", "admin@demo.novelo", "novelo-demo-2026"],
        ["visitor", f"{settings.PUBLIC_URL}/chat/{Channel.objects.get(kind='webchat').pk}/"],
    ]
    assert Workspace.objects.get().name == "Loja Aurora"
    assert dict(Team.objects.annotate(size=Count("members")).values_list("name", "size")) == {
        "Atendimento": 4,
        "Vendas": 2,
    }
    shown = (Label, CannedReply, Macro, CustomField, SavedView, Rule, SlaPolicy, AlertRule, Survey)
    assert [model.objects.count() for model in shown] == [6, 6, 3, 4, 2, 4, 2, 3, 2]
    assert [rule.name for rule in rules_of(Workspace.objects.get())] == ["Defeito", "Atacado", "Cliente do atacado"]
    Label.objects.all().delete()
    run("demo")
    assert Label.objects.count() == 0  # what somebody has removed stays so
    assert User.objects.get(email="ana@demo.novelo").check_password("novelo-demo-2026")


def test_the_demo_company_is_made_once(db: None) -> None:
    first = json.loads(run("demo", "--json")[0])
    secrets = Connection.objects.get(provider="meta").credentials()
    assert json.loads(run("demo", "--json")[0]) == first
    assert Connection.objects.get(provider="meta").credentials() == secrets
    assert (User.objects.count(), Channel.objects.count()) == (6, 6)
    assert first["channel"]["id"] == str(Channel.objects.get(kind="whatsapp").pk)
    assert first["chat"]["url"].endswith(f"/chat/{Channel.objects.get(kind='webchat').pk}/")
    assert not any(secret in json.dumps(first) for secret in (*secrets.app_secrets, secrets.access_token))


def test_the_demo_company_is_not_for_production(db: None, settings: pytest.FixtureRequest) -> None:
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="not in production"):
        run("demo")
    assert Workspace.objects.count() == 0

"""Who may: tokens, members, roles and the workspace they act in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from conversations.models import Channel
from conversations.tasks import purge
from hub import access
from hub.models import ApiToken, Membership, Role
from tests import factories

QUEUE = "/api/v1/queue"
CHANNELS = "/api/v1/channels"
WEBCHAT = {"kind": "webchat", "name": "Site"}


def ask(header: str | None, address: str = QUEUE) -> Any:
    return APIClient().get(address, headers={} if header is None else {"Authorization": header})


def test_it_works(db: None) -> None:
    plain = factories.token(factories.workspace())
    assert ask(f"Token {plain}").status_code == 200
    assert ask(f"token {plain}").status_code == 200


@pytest.mark.parametrize(
    "header", [None, "", "Token", "Token ", "Token nvl_wrong", "Token a b", "Bearer x", "Basic eDp5", "Token \xff"]
)
def test_it_refuses_who_brings_nothing_true(db: None, header: str | None) -> None:
    answer = ask(header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_it_refuses_a_revoked_token(db: None) -> None:
    plain = factories.token(factories.workspace())
    ApiToken.objects.update(revoked_at=timezone.now())
    assert ask(f"Token {plain}").status_code == 401


def test_it_refuses_a_wrong_token_beside_a_good_session(db: None) -> None:
    api = APIClient()
    api.force_login(factories.member(factories.workspace()))
    assert api.get(QUEUE).status_code == 200
    assert api.get(QUEUE, headers={"Authorization": "Token nvl_wrong"}).status_code == 401


def test_it_keeps_no_secret_of_a_token(db: None) -> None:
    plain = factories.token(factories.workspace())
    assert plain not in str(ApiToken.objects.values().get())


def test_it_remembers_when_a_token_was_used_but_not_every_time(db: None) -> None:
    plain = factories.token(factories.workspace())
    ask(f"Token {plain}")
    first = ApiToken.objects.get().last_used_at
    ask(f"Token {plain}")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(hours=1))
    ask(f"Token {plain}")
    assert ApiToken.objects.get().last_used_at > first


@pytest.mark.parametrize(
    ("role", "needed", "may"),
    [
        (Role.AGENT, Role.AGENT, True),
        (Role.AGENT, Role.SUPERVISOR, False),
        (Role.SUPERVISOR, Role.AGENT, True),
        (Role.SUPERVISOR, Role.ADMIN, False),
        (Role.ADMIN, Role.ADMIN, True),
    ],
)
def test_it_knows_what_a_role_includes(db: None, role: Role, needed: Role, *, may: bool) -> None:
    assert access.Caller(factories.workspace(), role).may(needed) is may


def test_it_asks_for_the_sites_own_form_when_a_session_changes_something(db: None) -> None:
    admin = factories.member(factories.workspace(), Role.ADMIN)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    assert browser.post(CHANNELS, WEBCHAT, "application/json").status_code == 403
    assert Channel.objects.count() == 0
    browser.get("/accounts/login/")
    browser.cookies["csrftoken"] = "a" * 32
    done = browser.post(CHANNELS, WEBCHAT, "application/json", headers={"X-CSRFToken": "a" * 32})
    assert done.status_code == 201


def test_it_asks_no_form_of_a_token(db: None) -> None:
    api = APIClient(enforce_csrf_checks=True)
    plain = factories.token(factories.workspace())
    assert api.post(CHANNELS, WEBCHAT, "json", headers={"Authorization": f"Token {plain}"}).status_code == 201


def test_it_lets_nobody_in_who_left(db: None) -> None:
    place = factories.workspace()
    gone, disabled = factories.member(place), factories.member(place)
    api = APIClient()
    api.force_login(gone)
    assert api.get(QUEUE).status_code == 200
    Membership.objects.filter(user=gone).delete()
    assert api.get(QUEUE).status_code == 401
    api.force_login(disabled)
    disabled.is_active = False
    disabled.save()
    assert api.get(QUEUE).status_code == 401


def test_it_forgets_sessions_that_ran_out(db: None) -> None:
    for key, days in ("over", -1), ("running", 1):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days))
    purge()
    assert [session.pk for session in Session.objects.all()] == ["running"]


def test_it_takes_the_workspace_a_person_chose(db: None) -> None:
    first, second = factories.workspace(), factories.workspace()
    person = factories.member(first)
    Membership.objects.create(workspace=second, user=person, role=Role.ADMIN)
    chosen = access.caller_of_user(person, str(second.pk))
    assert chosen is not None
    assert (chosen.workspace, chosen.role) == (second, Role.ADMIN)
    usual = access.caller_of_user(person)
    assert usual is not None
    assert (usual.workspace, usual.role) == (first, Role.AGENT)


def test_it_never_takes_a_workspace_a_person_does_not_belong_to(db: None) -> None:
    place = factories.workspace()
    caller = access.caller_of_user(factories.member(place), str(factories.workspace().pk))
    assert caller is not None
    assert caller.workspace == place


def test_it_closes_a_page_to_a_lower_role(db: None) -> None:
    request: HttpRequest = RequestFactory().get("/")
    with pytest.raises(PermissionDenied):
        access.require(request, Role.AGENT)
    request.caller = access.Caller(factories.workspace(), Role.AGENT)  # type: ignore[attr-defined]
    assert access.require(request, Role.AGENT).role == Role.AGENT
    with pytest.raises(PermissionDenied):
        access.require(request, Role.SUPERVISOR)


def test_it_reads_nothing_for_nobody(db: None) -> None:
    factories.channel(factories.workspace())
    assert Channel.objects.of(None).count() == 0


def test_it_says_what_is_not_there_as_a_problem(db: None) -> None:
    visitor = APIClient(enforce_csrf_checks=True)
    for answer in (visitor.get("/api/v1/nowhere"), visitor.get("/api/v1/"), visitor.post("/api/v1/channels/7", {})):
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    plain = factories.token(factories.workspace())
    for address in ("/api/v1/channels/7", "/api/v1/channels/not-an-id", "/api/v1/messages/%00"):
        answer = ask(f"Token {plain}", address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_it_says_which_methods_there_are(db: None) -> None:
    api = factories.client(factories.token(factories.workspace()))
    answer = api.delete(QUEUE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, "application/problem+json")


def test_a_page_that_asks_for_a_part_of_itself_is_led_to_the_door_whole(db: None) -> None:
    part = {"HX-Request": "true", "HX-Current-URL": "https://hub.example/metrics/board/sales/?period=7&channel=sms"}
    refused = Client().get("/metrics/board/sales/?period=7&seen=5", headers=part)
    assert (refused.status_code, refused.content) == (204, b"")
    door = "/accounts/login/?next=/metrics/board/sales/%3Fperiod%3D7%26channel%3Dsms"
    assert refused.headers["HX-Redirect"] == door
    assert Client().get("/metrics/").headers["Location"] == "/accounts/login/?next=/metrics/"

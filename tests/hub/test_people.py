"""People and teams in the settings: roles, invitations, joining, leaving, and what each change leaves in the audit log."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, HistoryEvent
from hub import people
from hub.access import Caller
from hub.models import AuditEntry, MemberInvitation, Membership, Role, Team, User, Workspace
from hub.refusal import Refused
from tests import factories
from tests.pages import signed_in, text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def place() -> Workspace:
    """A workspace."""
    return factories.workspace(name="Casa Aurora")


@pytest.fixture
def boss(place: Workspace) -> User:
    """Its only administrator."""
    return factories.member(place, Role.ADMIN, email="ana@example.com", name="Ana Dias", language="en")


@pytest.fixture
def admin(boss: User) -> Client:
    """The administrator in a browser, who reads English."""
    return signed_in(boss)


def link_in(answer: Any) -> str:
    """Return the path of the link that an answer shows once."""
    found = re.search(r"/join/[\w-]+/", answer.content.decode())
    assert found
    return found[0]


def test_it_works(admin: Client, place: Workspace) -> None:
    team = factories.team(place, "Vendas")
    asked = admin.post(
        "/settings/people/invite/",
        {"email": "Bia@example.com", "role": "agent", "teams": [str(team.pk)], "language": "pt-br"},
        headers=HTMX,
    )
    assert "The letter to bia@example.com is on its way." in text(asked)
    letter = mail.outbox[0]
    assert (letter.to, letter.subject) == (["bia@example.com"], "Ana Dias convida você para Casa Aurora")
    path = link_in(asked)
    assert path in letter.body
    visitor = Client(headers={"accept-language": "en"})
    assert "Join Casa Aurora" in text(visitor.get(path))
    weak = text(visitor.post(path, {"name": "Bia Reis", "password": "short"}))
    assert "This password is too short. It must contain at least 12 characters." in weak
    assert not User.objects.filter(email="bia@example.com").exists()
    joined = visitor.post(path, {"name": "Bia Reis", "password": "uma-senha-bem-longa"})
    assert joined.headers["location"] == "/inbox/"
    row = Membership.objects.of(place).get(user__email="bia@example.com")
    assert (row.user.name, row.role, list(row.teams.all())) == ("Bia Reis", "agent", [team])
    assert visitor.get("/inbox/").status_code == 200
    assert (visitor.get(path).status_code, "This link no longer works" in text(visitor.get(path))) == (410, True)
    actions = list(AuditEntry.objects.of(place).order_by("id").values_list("action", "actor_name"))
    assert actions == [("invitation.created", "ana@example.com"), ("invitation.accepted", "bia@example.com")]


def test_an_invitation_is_sent_again_taken_back_and_grows_old(admin: Client, place: Workspace) -> None:
    given = {"email": "bia@example.com", "role": "agent", "language": "en"}
    first = link_in(admin.post("/settings/people/invite/", given))
    assert "was invited already" in text(admin.post("/settings/people/invite/", given))
    assert "belongs here already" in text(admin.post("/settings/people/invite/", given | {"email": "ana@example.com"}))
    row = MemberInvitation.objects.of(place).get()
    second = link_in(admin.post(f"/settings/people/invitations/{row.pk}/", {"act": "renew"}))
    stranger = Client()
    assert [stranger.get(path).status_code for path in (first, second, "/join/made-up/")] == [410, 200, 410]
    MemberInvitation.objects.of(place).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert stranger.post(second, {"name": "Bia", "password": "uma-senha-bem-longa"}).status_code == 410
    assert "Too old" in text(admin.get("/settings/people/"))
    third = link_in(admin.post(f"/settings/people/invitations/{row.pk}/", {"act": "renew"}))
    admin.post(f"/settings/people/invitations/{row.pk}/", {"act": "revoke"})
    assert (stranger.get(third).status_code, Membership.objects.of(place).count()) == (410, 1)


def test_somebody_known_just_joins_and_nobody_else_by_their_link(admin: Client, place: Workspace) -> None:
    elsewhere = factories.workspace()
    known = factories.member(elsewhere, email="bia@example.com")
    path = link_in(
        admin.post("/settings/people/invite/", {"email": known.email, "role": "supervisor", "language": "en"})
    )
    assert "This invitation is for bia@example.com." in text(admin.get(path))
    admin.post(path)
    assert not Membership.objects.of(place).filter(user=known).exists()
    joined = Client().post(path)
    assert joined.headers["location"] == "/accounts/login/?next=%2Finbox%2F"
    assert Membership.objects.of(place).get(user=known).role == "supervisor"


def test_the_last_administrator_stays(admin: Client, place: Workspace, boss: User) -> None:
    row = Membership.objects.of(place).get(user=boss)
    said = text(admin.post(f"/settings/people/{row.pk}/", {"role": "agent", "capacity": 6}, headers=HTMX))
    assert "make somebody else one first" in said
    said = text(admin.post(f"/settings/people/{row.pk}/remove/"))
    assert "make somebody else one first" in said
    assert (Membership.objects.of(place).get().role, AuditEntry.objects.of(place).count()) == ("admin", 0)


def test_who_leaves_gives_back_what_they_had(admin: Client, place: Workspace) -> None:
    agent = factories.member(place, email="caio@example.com")
    talk = factories.conversation(place, status="open", assignee=agent, assigned_at=timezone.now())
    done = factories.conversation(place, status="resolved", assignee=agent, resolved_at=timezone.now())
    row = Membership.objects.of(place).get(user=agent)
    changed = admin.post(
        f"/settings/people/{row.pk}/",
        {"role": "supervisor", "capacity": 9, "skills": "VIP, trocas ,vip", "languages": ["pt", "es"]},
        headers=HTMX,
    )
    assert "Saved." in text(changed)
    row.refresh_from_db()
    assert (row.role, row.capacity, row.skills, row.languages) == ("supervisor", 9, ["vip", "trocas"], ["pt", "es"])
    assert admin.post(f"/settings/people/{row.pk}/remove/").status_code == 302
    talk.refresh_from_db()
    done.refresh_from_db()
    assert (talk.assignee, talk.queued_at is None, done.assignee) == (None, False, agent)
    event = HistoryEvent.objects.of(place).get()
    assert (event.type, event.data["agent"], event.data["reason"]) == (
        "conversation.queued",
        "caio@example.com",
        "gone",
    )
    last = AuditEntry.objects.of(place).order_by("-id")[:2]
    assert [(one.action, one.subject_name) for one in last] == [
        ("member.removed", "caio@example.com"), ("member.changed", "caio@example.com"),
    ]  # fmt: skip
    assert last[1].changes["skills"] == [[], ["vip", "trocas"]]


def test_a_team_says_how_its_conversations_are_given_out(admin: Client, place: Workspace, boss: User) -> None:
    made = admin.post("/settings/teams/", {"name": "Vendas"})
    team = Team.objects.of(place).get()
    assert made.headers["location"] == f"/settings/teams/{team.pk}/"
    assert "There is a team of this name already." in text(admin.post("/settings/teams/", {"name": " Vendas "}))
    other = factories.team(place, "Suporte")
    member = Membership.objects.of(place).get(user=boss)
    given = {
        "name": "Vendas SP", "members": [str(member.pk)], "method": "round_robin", "sticky": "on", "silent_minutes": 15,
        "overflow_minutes": 20, "overflow_team": "",
    }  # fmt: skip
    said = text(admin.post(f"/settings/teams/{team.pk}/", given, headers=HTMX))
    assert "Choose the team that helps out." in said
    team.refresh_from_db()
    assert (team.name, team.members.count()) == ("Vendas", 0)
    assert "Saved." in text(
        admin.post(f"/settings/teams/{team.pk}/", given | {"overflow_team": str(other.pk)}, headers=HTMX)
    )
    team.refresh_from_db()
    assert (team.name, list(team.members.all()), team.routing["method"]) == ("Vendas SP", [member], "round_robin")
    caller = Caller(place, Role.ADMIN, user=boss)
    with pytest.raises(Refused, match="in a circle"):
        people.change_team(
            caller, other.pk, people.TeamChange(routing={"overflow_minutes": 5, "overflow_team": str(team.pk)})
        )
    talk = factories.conversation(place, status="waiting", team=other)
    admin.post(f"/settings/teams/{other.pk}/remove/")
    talk.refresh_from_db()
    team.refresh_from_db()
    assert (talk.team, talk.queued_at, team.routing["overflow_team"]) == (None, None, None)
    assert HistoryEvent.objects.of(place).get().data["from_team"] == "Suporte"


def test_only_administrators_of_the_house_come_in(admin: Client, place: Workspace) -> None:
    stranger, agent, supervisor = Client(), Client(), Client()
    stranger.force_login(factories.member(factories.workspace(), Role.ADMIN))
    agent.force_login(factories.member(place))
    supervisor.force_login(factories.member(place, Role.SUPERVISOR))
    row, team = Membership.objects.of(place).first(), factories.team(place)
    assert row
    for path in (f"people/{row.pk}/", f"people/{row.pk}/remove/", f"teams/{team.pk}/", f"teams/{team.pk}/remove/"):
        address = f"/settings/{path}"
        answers = [browser.post(address, {"name": "x"}).status_code for browser in (stranger, agent, supervisor)]
        assert answers == [404, 403, 403], path
    assert [agent.get(f"/settings/{path}").status_code for path in ("", "people/", "teams/")] == [403] * 3
    assert Conversation.objects.count() == 0
    assert Membership.objects.of(place).count() == 3

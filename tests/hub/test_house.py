"""The house's settings: hours, workspace, tokens, the second factor, and the audit log that tells of all of it."""

from __future__ import annotations

import base64
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from hub import audit
from hub.access import Caller
from hub.models import ApiToken, AuditEntry, Role, User, WorkingHours, Workspace
from tests import factories
from tests.pages import signed_in, text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WEEK = {f"day_{number}": "9-12, 13:30-18h" for number in range(5)} | {"day_5": "20:00-02:00", "day_6": ""}
HOURS = WEEK | {"zone": "America/Sao_Paulo", "region": "BR-SP", "holidays": "25/01/2027\n2026-12-24"}
SETTINGS = {
    "name": "Casa Aurora", "timezone": "America/Recife", "currency": "BRL", "reopen_hours": 48, "away_minutes": 5,
}  # fmt: skip


@pytest.fixture
def place() -> Workspace:
    """A workspace."""
    return factories.workspace(name="Casa Aurora")


@pytest.fixture
def boss(place: Workspace) -> User:
    """Its administrator."""
    return factories.member(place, Role.ADMIN, email="ana@example.com", language="en")


@pytest.fixture
def admin(boss: User) -> Client:
    """The administrator in a browser, who reads English."""
    return signed_in(boss)


def test_it_works(admin: Client, place: Workspace) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 15, 15, tzinfo=UTC), tick=False):  # a Wednesday, 12:15 in São Paulo
        assert "None are set: every second counts as working time." in text(admin.get("/settings/hours/"))
        assert admin.post("/settings/hours/new/", HOURS).headers["location"] == "/settings/hours/"
        page = text(admin.get("/settings/hours/"))
    row = WorkingHours.objects.of(place).get()
    assert (row.zone, row.region, row.since, row.holidays) == (
        "America/Sao_Paulo", "BR-SP", None, ["2026-12-24", "2027-01-25"],
    )  # fmt: skip
    assert [one for one in row.periods if one["weekday"] in {0, 5}] == [
        {"weekday": 0, "start": "09:00", "end": "12:00"},
        {"weekday": 0, "start": "13:30", "end": "18:00"},
        {"weekday": 5, "start": "20:00", "end": "02:00"},
    ]
    assert "Closed now, opens 11/25/26, 1:30" in page.replace("\u202f", " ")
    assert "Thursday, December 24, 2026 Own day" in page
    assert "Friday, December 25, 2026 Christmas" in page
    assert "Monday, January 25, 2027 Own day" in page


def test_hours_that_cannot_be_are_refused_at_their_field(admin: Client, place: Workspace) -> None:
    admin.post("/settings/hours/new/", HOURS)
    later = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    assert admin.post("/settings/hours/new/", HOURS | {"since": later, "day_6": "10-11"}).status_code == 302
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    for change, sentence in (
        ({}, "This field is required."),
        ({"since": later, "day_2": "9-12, 11-14"}, "Two of these periods overlap."),
        ({"since": later, "day_5": "22-10", "day_6": "9-12"}, "Two of these periods overlap."),
        ({"since": later, "day_2": "nine to six"}, "Write it like 09:00-12:00, 13:30-18:00."),
        ({"since": later, "day_2": "9-25"}, "There is no such time: 25:00."),
        ({"since": later, "zone": "America/Atlantis"}, "There is no time zone of this name: America/Atlantis."),
        ({"since": later, "holidays": "31/02/2026"}, "There is no such day: 31/02/2026."),
        ({"since": later}, "There are hours in force from this instant already: remove them first."),
        ({"since": yesterday}, "other hours came into force after it"),
    ):
        assert sentence in text(admin.post("/settings/hours/new/", HOURS | change)), change
    rows = list(WorkingHours.objects.of(place).order_by("created_at"))
    assert [row.since is None for row in rows] == [True, False]
    page = text(admin.get("/settings/hours/"))
    assert "from the beginning" in page
    assert "holds now" in page
    admin.post(f"/settings/hours/{rows[1].pk}/remove/")
    noted = AuditEntry.objects.of(place).order_by("id").values_list("action", flat=True)
    assert list(noted) == ["hours.added", "hours.added", "hours.removed"]


def test_a_token_is_shown_once_and_works_until_it_is_revoked(admin: Client, place: Workspace) -> None:
    page = admin.post("/settings/tokens/", {"name": "Loja", "role": "supervisor"}, headers=HTMX).content.decode()
    found = re.search(r"nvl_[\w-]+", page)
    assert found
    row = ApiToken.objects.of(place).get()
    assert (row.name, row.role) == ("Loja", "supervisor")
    assert found[0] not in admin.get("/settings/tokens/").content.decode()
    assert factories.client(found[0]).get("/api/v1/labels").status_code == 200
    admin.post(f"/settings/tokens/{row.pk}/revoke/")
    assert factories.client(found[0]).get("/api/v1/labels").status_code == 401
    entries = AuditEntry.objects.of(place).order_by("id")
    assert [(one.action, one.subject_name) for one in entries] == [("token.created", "Loja"), ("token.revoked", "Loja")]
    assert found[0] not in str(list(entries.values()))


def test_the_workspace_is_kept_whole_or_not_at_all(admin: Client, place: Workspace) -> None:
    weights = {
        f"weight_{kind}": 1 for kind in ("instagram", "messenger", "sms", "twilio_whatsapp", "webchat", "whatsapp")
    }
    place.settings = {"routing": []}
    place.save()
    given = SETTINGS | weights | {"weight_webchat": 2}
    for change, sentence in (
        ({"timezone": "Mars/Base"}, "There is no time zone of this name: Mars/Base."),
        ({"away_minutes": 0}, "greater than or equal to 1"),
        ({"second_factor_required": "on"}, "Set up your own second factor first"),
    ):
        assert sentence in text(admin.post("/settings/workspace/", given | change, headers=HTMX))
    assert "Saved." in text(admin.post("/settings/workspace/", given, headers=HTMX))
    place.refresh_from_db()
    assert (place.timezone, place.reopen_window) == ("America/Recife", timedelta(hours=48))
    assert place.settings == {
        "routing": [], "away_minutes": 5, "weights": {"webchat": 2}, "second_factor_required": False,
    }  # fmt: skip
    assert AuditEntry.objects.of(place).get().changes["timezone"] == ["America/Sao_Paulo", "America/Recife"]


def code_of(key: str) -> str:
    """Return the code an app would show now for a key."""
    return str(format_hotp_value(hotp_value(key, int(time.time()) // 30)))


def test_a_second_factor_is_asked_for_where_the_house_wants_one(place: Workspace, boss: User) -> None:
    browser = Client(headers={"accept-language": "en"})
    door = {"login": boss.email, "password": factories.PASSWORD}
    browser.post("/accounts/login/", door)
    place.settings = {"second_factor_required": True}
    place.save()
    for path in ("/inbox/", "/settings/people/", "/metrics/"):
        assert browser.get(path).headers["location"] == "/accounts/2fa/totp/activate/"
    assert browser.get("/api/v1/labels").status_code in {401, 403}
    asked = browser.get("/accounts/2fa/totp/activate/")
    if asked.status_code == 302:  # the way to it begins with the password once more
        assert "Is it you?" in text(browser.get(asked.headers["location"]))
        browser.post(asked.headers["location"], {"password": factories.PASSWORD})
    page = browser.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'id="id_secret" value="(\w+)"', page)
    assert found
    assert "Incorrect code." in text(browser.post("/accounts/2fa/totp/activate/", {"code": "000000"}))
    done = browser.post("/accounts/2fa/totp/activate/", {"code": code_of(found[1])})
    assert done.headers["location"] == "/accounts/2fa/recovery-codes/"
    assert "10 of 10 are left." in text(browser.get("/accounts/2fa/recovery-codes/"))
    kept = Authenticator.objects.get(user=boss, type="totp").data["secret"]
    assert found[1].encode() not in base64.b64decode(kept)
    assert browser.get("/inbox/").status_code == 200
    assert "Second factor" in text(browser.get("/settings/people/"))
    again = Client(headers={"accept-language": "en"})
    assert again.post("/accounts/login/", door).headers["location"] == "/accounts/2fa/authenticate/"
    assert again.get("/inbox/").status_code == 302
    assert "Second factor" in text(again.get("/accounts/2fa/authenticate/"))


def test_the_audit_log_is_filtered_taken_along_and_holds_no_secret(admin: Client, place: Workspace, boss: User) -> None:
    caller = Caller(place, Role.ADMIN, user=boss)
    program = Caller(place, Role.ADMIN, token=ApiToken.issue(place, "=cmd()", Role.ADMIN)[0])
    audit.note(
        caller, "team.changed", audit.Subject("team", "1", "Vendas"), {"name": ("A", "B"), "api_token": ("", "nvl_x")}
    )
    audit.note(program, "label.created", audit.Subject("label", "2", "VIP"))
    for _time in range(3):
        audit.noted_read(caller, "channel_log.read", audit.Subject("channel", "3", "Loja"))
    page = text(admin.get("/settings/audit/"))
    assert page.count("Channel log: read") == 1
    assert "Teams: changed Vendas ana@example.com" in page
    assert "nvl_x" not in page
    only = text(admin.get("/settings/audit/?what=team&who=ana@example.com&from=2020-01-01"))
    assert ("Teams: changed" in only, "Labels: made" in only) == (True, False)
    assert "Nothing fits the filter." in text(admin.get("/settings/audit/?to=2020-01-01"))
    assert "Labels: made" in text(
        admin.get("/settings/audit/?from=0001-01-01&to=9999-12-31")
    )  # days without a next one
    assert "Labels: made" in text(admin.get(f"/settings/audit/?before={'9' * 5000}"))
    table = b"".join(admin.get("/settings/audit/audit.csv?what=label").streaming_content).decode()  # type: ignore[attr-defined]
    assert table.splitlines()[1].split(",")[1:5] == ["'=cmd()", "label.created", "label", "VIP"]
    assert AuditEntry.objects.of(place).latest("id").action == "audit.exported"
    agent = Client()
    agent.force_login(factories.member(place, Role.SUPERVISOR))
    for path in ("audit/", "audit/audit.csv", "tokens/", "workspace/", "hours/", "hours/new/"):
        assert agent.get(f"/settings/{path}").status_code == 403, path

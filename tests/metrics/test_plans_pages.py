"""The pages of goals, matrix, strategy report and letters: what they show, take in and refuse; the letter itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from hub.models import Membership, Role, User, Workspace
from metrics.digest import sending
from metrics.digest.due import is_due, last_due, period_of
from metrics.digest.letter import leave_address
from metrics.models import Digest, DigestLetter, Goal, MatrixCell, Receipt, StageModel
from tests import factories
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.happenings import happen, person, sold

ZONE = ZoneInfo("America/Sao_Paulo")
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
MONDAY = datetime(2026, 3, 9, 8, tzinfo=ZONE)


def browser(workspace: Workspace, role: str = Role.SUPERVISOR) -> Client:
    """Return a signed-in member's browser, reading English."""
    user = User.objects.create_user(f"{role}@loja.example", language="en")
    Membership.objects.create(workspace=workspace, user=user, role=role)
    found = Client()
    found.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return found


def page(client: Client, address: str) -> str:
    """Return a page's text."""
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    for _number in range(6):
        tell("C 15:00, A 15:05", day=YESTERDAY)
    derive_all()
    client, today = browser(workspace), timezone.localdate(timezone=ZONE)
    assert "No goal yet" in page(client, "/metrics/goals/")
    assert "A length of time: 5 min" in page(client, "/metrics/goals/new/?metric=first_response_time")
    body = {
        "target": "fast", "direction": "at_most", "start": today, "deadline": today - timedelta(days=1),
        "owner": str(User.objects.get().pk), "reason": "People wait", "clock": "elapsed",
    }  # fmt: skip
    refused = client.post("/metrics/goals/new/?metric=first_response_time", body).content.decode()
    assert "Say a length of time with its unit" in refused
    body |= {"target": "4 min 30 s"}
    refused = client.post("/metrics/goals/new/?metric=first_response_time", body).content.decode()
    assert "The deadline must not lie before the start." in refused
    assert not Goal.objects.exists()
    answer = client.post(
        "/metrics/goals/new/?metric=first_response_time", body | {"deadline": today + timedelta(days=60)}
    )
    goal = Goal.objects.get()
    assert (answer.status_code, goal.target, goal.baseline) == (302, 270, 300)
    change = {
        "target": "4 min",
        "direction": "at_most",
        "deadline": goal.deadline,
        "owner": body["owner"],
        "reason": "x",
    }
    assert client.post(f"/metrics/goals/{goal.pk}/", change).status_code == 302
    shown = page(client, f"/metrics/goals/{goal.pk}/")
    assert "<s>4 min 30 s</s></td><td>4 min</td>" in shown
    assert "No forecast yet: 0 whole periods are known" in shown
    assert client.post(f"/metrics/goals/{goal.pk}/close/").status_code == 302
    assert "Closed</span>" in page(client, "/metrics/goals/?closed")
    stranger = browser(Workspace.objects.create(slug="x", name="X"), Role.ADMIN)
    assert stranger.get(f"/metrics/goals/{goal.pk}/").status_code == 404


def test_the_matrix_is_filled_and_changed(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:05", day=YESTERDAY)
    tell("C 15:00 channel=instagram, A 15:07", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    shown = page(client, "/metrics/matrix/")
    assert [shown.count(f"<strong>{minutes} min</strong>") for minutes in (5, 6, 7)] == [1, 1, 1]
    assert not StageModel.objects.exists()
    put = {"stage": "loyalty", "channel": "instagram", "metric": "lifetime_value"}
    assert client.post("/metrics/matrix/?edit", put).status_code == 302
    cells = set(MatrixCell.objects.values_list("stage", "channel", "metric"))
    assert ("loyalty", "instagram", "lifetime_value") in cells
    for wrong, says in (
        (put, "It stands in this cell already."),
        ({**put, "metric": "retention_rate"}, "knows no channels"),
        ({**put, "stage": "bliss"}, "There is no such stage."),
        ({**put, "channel": "telex"}, "There is no such channel."),
        ({**put, "metric": "mood"}, "There is no metric mood."),
    ):
        assert says in client.post("/metrics/matrix/?edit", wrong).content.decode()
    client.post("/metrics/matrix/?edit", {"remove": "loyalty/instagram/lifetime_value"})
    assert set(MatrixCell.objects.values_list("stage", "channel", "metric")) == cells - {tuple(put.values())}
    client.post("/metrics/matrix/?edit", {"reset": "1"})
    assert not MatrixCell.objects.exists()


def test_the_report_proves_what_it_says_and_names_what_is_missing(workspace: Workspace, tell: Tell) -> None:
    factories.channel(workspace, "whatsapp", name="Loja Centro")
    factories.channel(workspace, "sms", name="Old line", stopped_at=timezone.now(), stop_reason={"title": "No credit"})
    for _number in range(25):
        tell("C 15:00, A 15:02", day=YESTERDAY)
        tell("C 15:00, A 15:30 agent=rui@loja.example", day=YESTERDAY)
    happen(*sold(person(workspace), "1", f"{YESTERDAY:%Y-%m-%d} 15:00", 80))
    derive_all()
    client = browser(workspace)
    shown = page(client, "/metrics/report/")
    for words in ("Loja Centro", "stopped: No credit", "Instagram: not connected", "Carts: not connected", "R$80.00"):
        assert words in shown, words
    # 25 of 25 of Rui's answers are slower than the median of all, none of Ana's.
    (training,) = re.findall(r"Clearly worse than the middle.*?</table>", shown, re.DOTALL)
    assert "rui@loja.example" in training
    assert "100% of them slower than the median (86.7% – 100%)" in training
    assert "ana@loja.example" not in training
    proofs = set(re.findall(r"/receipts/([0-9a-f-]{36})", shown))
    assert len(proofs) > 10
    assert proofs == {str(one.pk) for one in Receipt.objects.of(workspace)} & proofs
    assert "style=" not in shown
    for language, title in (("pt-br", "Net sales"), ("es", ""), ("en", "")):
        paper = client.get(f"/metrics/report/?as=pdf&language={language}")
        assert paper["Content-Type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF-")
        assert b"/receipts/" in paper.content, title
    assert browser(workspace, Role.AGENT).get("/metrics/report/").status_code == 403


def test_an_empty_house_gets_an_honest_report(workspace: Workspace) -> None:
    shown = page(browser(workspace), "/metrics/report/")
    for words in ("No channel is connected.", "Nobody has written yet.", "Nothing was counted in the period."):
        assert words in shown, words
    assert "/receipts/" not in shown


@pytest.fixture
def digest(workspace: Workspace) -> Digest:
    """Return a letter of every Monday at eight, to a supervisor."""
    row = Digest.objects.create(
        workspace=workspace, name="The week", metrics=["first_response_time", "interaction_volume"], weekday=0, hour=8,
        zone=ZONE.key, language="en", since=MONDAY - timedelta(days=1),
    )  # fmt: skip
    user = factories.member(workspace, Role.SUPERVISOR, email="julia@loja.example")
    row.recipients.set(Membership.objects.filter(user=user))
    return row


def test_a_letter_goes_out_once_a_period(workspace: Workspace, digest: Digest, tell: Tell) -> None:
    tell("C 15:00, A 15:05", day=datetime(2026, 3, 4, tzinfo=UTC))
    derive_all()
    agent = factories.member(workspace, Role.AGENT)
    digest.recipients.add(Membership.objects.get(user=agent))
    assert sending.send_due(MONDAY - timedelta(minutes=1)) == 0
    assert sending.send_due(MONDAY + timedelta(seconds=30)) == 1
    assert sending.send_due(MONDAY + timedelta(minutes=2)) == 0
    (letter,) = mail.outbox
    assert isinstance(letter, EmailMultiAlternatives)
    assert letter.to == ["julia@loja.example"]
    assert letter.subject == "The week: Loja, Mon, 3/2 – Sun, 3/8"
    assert "First response time: 5 min (n = 1)" in letter.body
    assert "Interaction volume: 1 (n = 1)" in letter.body
    html = str(letter.alternatives[0][0])
    assert "<b>5 min</b>" in html
    assert not re.search(r"<svg|<style|style=|<script", html)
    leave = re.search(r"http\S+/digests/leave/\S+", str(letter.body))
    assert leave
    assert letter.extra_headers["List-Unsubscribe"] == f"<{leave[0]}>"
    path = leave[0].removeprefix(leave[0].split("/metrics/")[0])
    anybody = Client(enforce_csrf_checks=True)
    assert "No more" in page(anybody, path)
    assert digest.recipients.count() == 2
    assert anybody.post(path).status_code == 200
    assert [one.user for one in digest.recipients.all()] == [agent]
    assert anybody.post(path[:-3] + "xx/").status_code == 404


def test_a_letter_that_did_not_leave_is_tried_thrice(digest: Digest, settings: object) -> None:
    member = digest.recipients.get()
    member.user.email = "broken\n@loja.example"
    member.user.save()
    for minutes in (0, 5, 11, 22, 33):
        assert sending.send_due(MONDAY + timedelta(minutes=minutes)) == 0
    row = DigestLetter.objects.get()
    assert (row.attempts, row.sent_at, mail.outbox) == (3, None, [])


def test_it_is_due_on_the_clocks_of_its_zone() -> None:
    row = Digest(weekday=None, hour=2, zone="America/New_York", since=datetime(2025, 3, 1, tzinfo=UTC), is_on=True)
    # On 9 March 2025 there is no 2 o'clock in New York: clocks jump from one to three.
    at = last_due(row, datetime(2025, 3, 9, 12, tzinfo=UTC))
    assert at == datetime(2025, 3, 9, 7, tzinfo=UTC)
    assert period_of(row, at).first.isoformat() == "2025-03-08"
    assert is_due(row, at + timedelta(hours=1))
    assert not is_due(row, at + timedelta(hours=13))
    week = Digest(weekday=4, hour=18, zone="America/Sao_Paulo")
    at = last_due(week, datetime(2026, 3, 13, 20, 59, tzinfo=UTC))
    assert at == datetime(2026, 3, 6, 21, tzinfo=UTC)
    assert (period_of(week, at).first.isoformat(), period_of(week, at).last.isoformat()) == ("2026-02-27", "2026-03-05")


def test_letters_are_made_and_refused(workspace: Workspace) -> None:
    client = browser(workspace)
    member = Membership.objects.get()
    body = {
        "name": "Daily", "metrics": ["csat"], "weekday": "", "hour": "7", "zone": "America/Recife", "language": "es",
        "recipients": [str(member.pk)], "is_on": "on",
    }  # fmt: skip
    for field, value, says in (
        ("zone", "Mars", "There is no time zone of this name"),
        ("hour", "24", "less than or equal to 23"),
        ("metrics", [], "This field is required."),
        ("recipients", ["01980000-0000-7000-8000-000000000000"], "Select a valid choice"),
    ):
        assert says in client.post("/metrics/digests/new/", {**body, field: value}).content.decode()
    assert not Digest.objects.exists()
    assert client.post("/metrics/digests/new/", body).status_code == 302
    row = Digest.objects.get()
    assert "Satisfacción (CSAT)" in page(client, f"/metrics/digests/{row.pk}/")
    assert "There is a letter of this name already." in client.post("/metrics/digests/new/", body).content.decode()
    assert "digests/leave/" in leave_address(row, member.pk)
    client.post(f"/metrics/digests/{row.pk}/remove/")
    assert "No letter yet" in page(client, "/metrics/digests/")


def test_the_calculators_answer_on_their_page(workspace: Workspace) -> None:
    client, load = browser(workspace), "conversations=100&interval=30+min&concurrency=1&target=80&within=20+s"
    assert "outcome" not in page(client, "/metrics/calculators/")
    shown = page(client, f"/metrics/calculators/?{load}&handle=3+min&patience=2+min")
    assert "14 agents" in shown
    assert shown.count("<tr") == 6  # the head, those needed, two fewer and two more
    assert "88.8%" in shown
    assert "agents</p>" not in page(client, f"/metrics/calculators/?{load}&handle=soon")
    assert "More than 2,000 agents" in page(client, f"/metrics/calculators/?{load.replace('=100', '=1e6')}&handle=1+h")
    decided = page(client, "/metrics/calculators/?a_part=48&a_whole=400&b_part=70&b_whole=400")
    assert "B has more" in decided
    assert "They differ by 5.5 points (95 %: 0.6 – 10.4)" in decided
    assert "Not decided" in page(client, "/metrics/calculators/?a_part=48&a_whole=400&b_part=50&b_whole=400")
    refused = page(client, "/metrics/calculators/?a_part=500&a_whole=400&b_part=1&b_whole=2")
    assert "This is more than there were." in refused
    assert "outcome" not in refused
    assert browser(workspace, Role.AGENT).get("/metrics/calculators/").status_code == 403

"""The API of the figures: what it answers, and what it refuses with the words allowed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import gettext, override
from rest_framework.test import APIClient

from conversations.models import HistoryEvent
from hub.models import ApiToken, Role, Workspace
from metrics.models import Goal, Receipt
from metrics.models.plans import AT_MOST
from metrics.registry import METRICS
from tests.metrics.conftest import Tell, derive_all

PERIOD = "from=2026-03-01&to=2026-03-10"
F3 = "C 10:00, C 10:02, A 10:05, A 10:06, C 10:10, B 10:11, A 10:20"


def client(workspace: Workspace, role: str = Role.SUPERVISOR) -> APIClient:
    """Return a program with a token of this role."""
    _, plain = ApiToken.issue(workspace, "test", role)
    found = APIClient()
    found.credentials(HTTP_AUTHORIZATION=f"Token {plain}")
    return found


@pytest.fixture
def api(workspace: Workspace) -> APIClient:
    """Return a supervisor's program."""
    return client(workspace)


def get(api: APIClient, path: str, status: int = 200) -> dict[str, Any]:
    """Get a path below ``/api/v1``, expect the status and return the body."""
    response = api.get(f"/api/v1{path}" if path.startswith("/") else path)
    assert response.status_code == status, response.content
    body: dict[str, Any] = response.json()
    return body


def test_it_works(api: APIClient, tell: Tell) -> None:
    tell(F3)
    derive_all()
    body = get(api, f"/metrics/reply_time?{PERIOD}&by=channel&by=day")
    assert {name: body[name] for name in ("metric", "version", "unit", "clock", "tz", "from", "to")} == {
        "metric": "reply_time",
        "version": 1,
        "unit": "seconds",
        "clock": "elapsed",
        "tz": "America/Sao_Paulo",
        "from": "2026-03-01T00:00:00-03:00",
        "to": "2026-03-10T00:00:00-03:00",
    }
    (row,) = body["rows"]
    assert row["key"] == {"channel": "whatsapp", "day": "2026-03-02"}
    assert (row["n"], row["value"], row["mean"], row["p50"], row["max"]) == (2, 450, 450, 450, 600)
    assert (row["censored"], row["oldest_open_seconds"], row["small_sample"]) == (0, None, True)
    assert body["total"] == {**row, "key": {}}
    assert body["receipt"]


def test_the_catalogue_speaks_the_asked_language(api: APIClient) -> None:
    api.defaults["HTTP_ACCEPT_LANGUAGE"] = "es"
    entries = {entry["id"]: entry for entry in get(api, "/metrics")["results"]}
    assert set(entries) == set(METRICS)
    assert entries["first_response_time"]["title"] == "Tiempo de primera respuesta"
    assert entries["reply_time"]["better"] == "lower"
    assert entries["interaction_volume"]["clocks"] == []


def test_a_count_has_no_percentiles(api: APIClient, tell: Tell) -> None:
    tell(F3)
    derive_all()
    total = get(api, f"/metrics/interaction_volume?{PERIOD}")["total"]
    assert total == {"key": {}, "n": 1, "value": 1, "inbound": 3, "outbound": 4, "people": 1}


def test_times_are_measured_against_a_target(workspace: Workspace, api: APIClient, tell: Tell) -> None:
    """K01: which share kept to it, on either clock; the goal's unless another is asked for."""
    for minutes in (1, 4, 5, 20):
        tell(f"C 10:00, A 10:{minutes:02}")
    tell("C 10:00 channel=sms")
    derive_all()
    about = f"/metrics/first_response_time?{PERIOD}&by=channel"
    assert "within_target" not in get(api, about)["total"]
    body = get(api, f"{about}&target=300")
    total = body["total"]
    assert (total["target"], total["within"], total["within_target"]) == (300, 3, 0.75)
    assert [round(total[name], 3) for name in ("within_ci_low", "within_ci_high")] == [0.301, 0.954]
    assert ["within" in row for row in body["rows"]] == [False, True]  # nobody on sms was answered
    seen = get(api, f"/metrics/first_response_time/evidence?{PERIOD}&target=300")["results"]
    assert sorted(one["counted"] for one in seen) == [False, True, True, True]
    receipt = get(api, f"/receipts/{body['receipt']}?recompute=1")
    assert (receipt["parameters"]["target"], receipt["recomputed"]["as_of_mark"]["equal"]) == ("300.0", True)
    today = timezone.now().date()
    Goal.objects.create(
        workspace=workspace, metric="first_response_time", version=1, target=240, direction=AT_MOST,
        start=today - timedelta(days=2), deadline=today + timedelta(days=2), reason="Because.",
    )  # fmt: skip
    assert get(api, about)["total"]["within"] == 2


def test_it_compares_with_the_period_before(api: APIClient, tell: Tell) -> None:
    tell("C 10:00, A 10:03")
    tell("C 1d 10:00, A 1d 10:05")
    derive_all()
    body = get(api, "/metrics/reply_time?from=2026-03-03&to=2026-03-04&compare=previous")
    assert (body["total"]["value"], body["previous"]["total"]["value"]) == (300, 180)
    assert body["previous"]["from"] == "2026-03-02T00:00:00-03:00"


def test_evidence_pages_through_what_was_counted(api: APIClient, tell: Tell) -> None:
    told = tell(F3)
    derive_all()
    first = get(api, f"/metrics/reply_time/evidence?{PERIOD}&limit=1")
    second = get(api, first["next"])
    assert [seen["seconds"] for seen in first["results"] + second["results"]] == [300, 600]
    assert (first["previous"], second["next"]) == (None, None)
    assert get(api, second["previous"])["results"] == first["results"]
    seen = first["results"][0]
    assert (seen["conversation"], seen["customer"]) == (str(told.pk), str(told.customer_id))
    assert (seen["agent"], seen["channel"], seen["excluded_seconds"]) == ("ana@loja.example", "whatsapp", 0)
    opened = HistoryEvent.objects.filter(conversation=told).order_by("id")[0]
    assert (seen["opening_message"], seen["started_at"]) == (str(opened.message_id), "2026-03-02T10:00:00Z")


@pytest.mark.parametrize(
    ("words", "field", "says"),
    [
        ("by=mood", "by", "channel, agent, team, label, day, week, month, hour, weekday_hour"),
        ("mood=good&by=day,moon", "by", "moon"),
        ("tz=America/Atlantis", "tz", "America/Atlantis"),
        ("tz=localtime", "tz", "localtime"),
        ("clock=sundial", "clock", "elapsed, business"),
        ("compare=never", "compare", "previous"),
        ("target=soon", "target", ""),
        ("target=-5", "target", ""),
        ("from=2026-03-11", "to", "after"),
        ("to=2026-03-01", "to", "after"),
        ("from=yesterday", "from", "yesterday"),
        ("to=9999-12-31", "to", "9999-12-31"),
        ("closed_by=agent", "closed_by", "channel, agent, team"),
        ("agent=a%00b", "non_field_errors", "character"),
        ("planet=mars", "planet", "Allowed: channel, "),
    ],
)
def test_it_refuses_what_it_does_not_know(api: APIClient, words: str, field: str, says: str) -> None:
    names = {part.split("=")[0] for part in words.split("&")}
    period = "&".join(part for part in PERIOD.split("&") if part.split("=")[0] not in names)
    api.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    response = api.get(f"/api/v1/metrics/reply_time?{period}&{words}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert says in response.json()["errors"][field][0]
    assert Receipt.objects.count() == 0


@pytest.mark.parametrize("language", ["pt-br", "en", "es"])
def test_a_refusal_speaks_one_language(api: APIClient, language: str) -> None:
    api.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    refused = get(api, "/metrics/reply_time?clock=sundial", 400)
    missing = get(api, f"/receipts/{'0' * 8}-0000-7000-8000-{'0' * 12}", 404)
    other = api.post("/api/v1/metrics")
    api.credentials(HTTP_AUTHORIZATION="Token of-nobody")
    stranger = get(api, "/metrics", 401)
    nowhere = get(api, "/moods", 404)
    with override(language):
        assert refused["detail"] == gettext("Some fields need attention: %(fields)s.") % {"fields": "clock"}
        words = {"word": "sundial", "allowed": "elapsed, business"}
        assert refused["errors"] == {"clock": [gettext("%(word)s is not known here. Allowed: %(allowed)s.") % words]}
        assert missing["detail"] == gettext("There is no such thing here.")
        assert nowhere["detail"] == gettext("There is no such address in the API.")
        assert stranger["detail"] == gettext("The token is unknown or was revoked.")
        assert other.json()["detail"] == gettext('Method "{method}" not allowed.').format(method="POST")
    assert (refused["title"], missing["title"]) == ("Bad Request", "Not Found")


def test_an_agent_is_no_dimension_of_volume(api: APIClient) -> None:
    assert "channel, team, label, day" in get(api, "/metrics/interaction_volume?by=agent", 400)["errors"]["by"][0]


@pytest.mark.parametrize(
    "path", ["/metrics/mood", "/metrics/mood/evidence", f"/receipts/{'0' * 8}-0000-7000-8000-{'0' * 12}"]
)
def test_what_nobody_knows_is_not_found(api: APIClient, path: str) -> None:
    assert get(api, path, 404)["status"] == 404


@pytest.mark.parametrize(
    "words",
    ["cursor=nonsense", "cursor=!", "limit=0", "limit=1001", "limit=x", pytest.param(f"limit={'9' * 5000}", id="long")],
)
def test_it_refuses_a_cursor_or_limit_that_is_none(api: APIClient, words: str) -> None:
    assert list(get(api, f"/metrics/reply_time/evidence?{PERIOD}&{words}", 400)["errors"]) == [
        words.split("=", maxsplit=1)[0]
    ]


def test_agents_and_strangers_see_no_figures(workspace: Workspace, tell: Tell) -> None:
    tell(F3)
    derive_all()
    receipt = get(client(workspace), f"/metrics/reply_time?{PERIOD}")["receipt"]
    assert get(client(workspace, Role.AGENT), "/metrics", 403)["status"] == 403
    assert get(APIClient(), "/metrics", 401)["status"] == 401
    stranger = client(Workspace.objects.create(slug="other", name="Other"), Role.ADMIN)
    assert get(stranger, f"/metrics/reply_time?{PERIOD}")["total"]["n"] == 0
    assert get(stranger, f"/metrics/reply_time/evidence?{PERIOD}")["results"] == []
    assert get(stranger, f"/receipts/{receipt}", 404)["status"] == 404


def test_the_same_answer_has_one_receipt(api: APIClient, tell: Tell) -> None:
    tell(F3)
    derive_all()
    one = get(api, f"/metrics/reply_time?{PERIOD}")["receipt"]
    assert get(api, f"/metrics/reply_time?{PERIOD}")["receipt"] == one
    assert get(api, f"/metrics/reply_time?{PERIOD}&by=day")["receipt"] != one


def test_a_receipt_computes_the_same_number_from_history(api: APIClient, tell: Tell) -> None:
    tell(F3)
    tell("C 11:00")
    derive_all()
    given = get(api, f"/metrics/reply_time?{PERIOD}&by=agent&by=day&channel=whatsapp")
    receipt = get(api, f"/receipts/{given['receipt']}?recompute=1")
    assert (receipt["metric"], receipt["value"], receipt["rows"]) == ("reply_time@1", 450, given["rows"])
    assert receipt["recomputed"]["as_of_mark"]["equal"] is True
    assert receipt["recomputed"]["as_of_mark"]["total"] == given["total"]
    assert receipt["recomputed"]["now"]["changes"] == []


def test_a_receipt_says_what_changed_since_and_why(api: APIClient, tell: Tell) -> None:
    told = tell(F3)
    derive_all()
    given = get(api, f"/metrics/reply_time?{PERIOD}")
    reply = HistoryEvent.objects.filter(conversation=told, type="message.sent").order_by("occurred_at")[0]
    HistoryEvent.objects.create(
        workspace=told.workspace,
        conversation=told,
        customer=told.customer,
        type="message.failed",
        message_id=reply.message_id,
        occurred_at=reply.occurred_at,
    )
    derive_all()
    again = get(api, f"/receipts/{given['receipt']}?recompute=1")["recomputed"]
    assert (again["as_of_mark"]["equal"], again["as_of_mark"]["total"]["value"]) == (True, 450)
    assert (again["now"]["equal"], again["now"]["total"]["value"]) == (False, 480)
    assert again["now"]["changes"] == [{"conversation": str(told.pk), "because": ["message.failed"]}]

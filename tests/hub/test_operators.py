"""What operators ask: alive, ready, how much waits; and what they are told when a setting is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from hub.pages import broken
from tests.conversations import bodies
from tests.conversations.conftest import new_shop, store

ROOT = Path(__file__).parents[2]


@pytest.mark.django_db
def test_it_works(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (
        200,
        {"database": "ok", "broker": "ok", "migrations": "ok"},
    )


@pytest.mark.django_db
def test_it_says_which_part_is_away(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["checks"]["broker"]) == (
        503,
        "unavailable",
        "unreachable",
    )


@pytest.mark.django_db
def test_it_counts_what_waits_for_whoever_has_the_token(client: Client, settings: Settings) -> None:
    assert client.get("/internal/prometheus").status_code == 404
    settings.PROMETHEUS_TOKEN = "of-the-operators"
    assert client.get("/internal/prometheus", headers={"Authorization": "Bearer wrong"}).status_code == 401
    store(new_shop(), bodies.text("wamid.1"))
    answer = client.get("/internal/prometheus", headers={"Authorization": "Bearer of-the-operators"})
    assert 'novelo_waiting{what="deliveries"} 1.0' in answer.text
    token = {"Authorization": "Token of-the-operators"}  # as the API is asked
    assert client.get("/internal/prometheus", headers=token).status_code == 200


def test_a_fault_of_ours_is_a_problem_for_programs_and_a_page_for_people() -> None:
    told = broken(RequestFactory().post("/api/v1/channels"))
    assert (told.status_code, told.headers["Content-Type"]) == (500, "application/problem+json")
    shown = broken(RequestFactory().get("/inbox/"))
    assert (shown.status_code, shown.headers["Content-Type"]) == (500, "text/html; charset=utf-8")


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ENCRYPTION_KEYS", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_a_start_in_production_without_a_setting_is_one_readable_line(missing: str) -> None:
    complete = {
        "SECRET_KEY": "x" * 50,
        "ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "ALLOWED_HOSTS": "hub.example",
        "DATABASE_URL": "postgresql://a@127.0.0.1/b",
        "REDIS_URL": "redis://127.0.0.1/0",
    }
    environment = {"PATH": os.environ["PATH"], "NOVELO_ENV": "production", **complete}
    del environment[missing]
    done = subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"{missing} is not set. In production it must ")


def test_the_readme_lists_every_setting() -> None:
    source = (ROOT / "hub" / "settings.py").read_text()

    named = set(re.findall(r'(?:env|env_int|env_list|secret)\("([A-Z_]+)"', source))
    readme = (ROOT / "README.md").read_text()
    assert not [name for name in sorted(named) if f"`{name}`" not in readme]

"""A real browser before a real server: uvicorn in a process of its own, on the rows of the test's database."""

from __future__ import annotations

import hashlib
import hmac
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import ConsoleMessage, Page, expect

from conversations import pipeline
from hub.embedded import ports
from hub.translations import compile_catalogs
from simulator import RunningSimulator, running
from tests.browser.company import SECRET, Shop
from tests.browser.door import let_in
from tests.browser.install_chromium import find

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps a loop in this thread; nothing else runs on it
expect.set_options(timeout=30_000)  # a busy machine is no failure
CHROMIUM = find()
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 300.0  # a busy machine is no failure
RECORDINGS = Path(settings.BASE_DIR) / "test-results" / "recordings"
collect_ignore_glob = [] if CHROMIUM else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what nobody may overlook."""
    if not CHROMIUM:
        terminalreporter.section("NO CHROMIUM: THE BROWSER TESTS DID NOT RUN", red=True, bold=True)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the installed Chromium."""
    return {"executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Look as a Brazilian agent does."""
    return {
        **browser_context_args,
        "locale": "pt-BR",
        "timezone_id": "America/Sao_Paulo",
        "viewport": {"width": 1440, "height": 900},
    }


@pytest.fixture(scope="session")
def simulator() -> Iterator[RunningSimulator]:
    """The providers the hub calls, on this machine."""
    with running() as providers:
        yield providers


@pytest.fixture(scope="session")
def base_url(django_db_setup: None, simulator: RunningSimulator) -> Iterator[str]:
    """The address of a running hub on the test's database."""
    compile_catalogs(settings.BASE_DIR)
    port = ports.quiet_port()
    address = f"http://127.0.0.1:{port}"
    database = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {**os.environ, "DATABASE_URL": database, "PUBLIC_URL": address, "NOVELO_ENV": "test"}
    environment["GRAPH_API_URL"] = simulator.url
    served = ["tests.browser.served:application", "--port", str(port), "--log-level", "warning"]
    command = [sys.executable, "-m", "uvicorn", *served]
    with subprocess.Popen(command, env=environment, cwd=Path(settings.BASE_DIR)) as server:
        try:
            wait_for(f"{address}/healthz")
            yield address
        finally:
            server.terminate()


def wait_for(address: str) -> None:
    """Wait until the address answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:  # refused, reset or too slow: all of them kinds of it
            time.sleep(0.1)
    message = f"The server did not answer at {address} in {START_SECONDS} s."
    raise TimeoutError(message)


@pytest.fixture
def shop(transactional_db: None, page: Page) -> Iterator[Shop]:
    """A Brazilian shop, its people signed up, nobody has written yet."""
    yield Shop()
    page.context.close()
    let_the_server_finish()


def let_the_server_finish() -> None:
    """Wait until nobody else works in the database: emptying its tables would lock with what a page asked for last.

    A page that goes says so in a last word, which arrives a moment after: quiet is three looks of quiet.
    """
    end, quiet = time.monotonic() + START_SECONDS, 0
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend' AND state <> 'idle'"
            )
            quiet = quiet + 1 if cursor.fetchone()[0] == 0 else 0
            if quiet == 3:
                return
        time.sleep(0.05)


@pytest.fixture
def expected() -> list[str]:
    """Parts of errors a test provokes: add to it what the browser may report."""
    return []


@pytest.fixture(autouse=True)
def nothing_goes_wrong_in(page: Page, expected: list[str]) -> Iterator[None]:
    """Fail the test on any error the browser reports: scripts, resources, the content security policy."""
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in expected):
            wrong.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield
    assert wrong == []


@pytest.fixture
def recorded(request: pytest.FixtureRequest, shop: Shop, page: Page) -> Iterator[None]:
    """Keep what the browser shows and does, picture by picture: `playwright show-trace` plays `test-results/recordings/*.zip`."""
    page.context.tracing.start(screenshots=True, snapshots=True)
    yield
    page.context.tracing.stop(path=RECORDINGS / f"{request.node.path.stem}_{request.node.originalname}.zip")


@pytest.fixture
def sign_in(page: Page, base_url: str) -> Callable[..., Page]:
    """Let somebody of the shop be signed in already, and wait for the page to live."""

    def enter(email: str = "julia@casaaurora.example", to: str = "/inbox/") -> Page:
        let_in(page.context, base_url, email)
        page.goto(to)
        page.wait_for_selector("[data-ready]")
        return page

    return enter


@pytest.fixture
def arrive(shop: Shop, base_url: str) -> Callable[[bytes], None]:
    """Let a signed body come in by the providers' door and be worked, as worker and relay do."""

    def deliver(body: bytes) -> None:
        mark = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": mark, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{base_url}/webhooks/{shop.connection.pk}/", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200
        while any(pipeline.parse_and_work()) or pipeline.work_pending():
            pass

    return deliver

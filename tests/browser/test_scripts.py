"""The scripts' own tests, run by the Node that Playwright brings along; and what every script keeps to."""

from __future__ import annotations

import posixpath
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from playwright._impl._driver import compute_driver_executable

from conversations.views.inbox import MODULES

ROOT = Path(settings.BASE_DIR)
SCRIPTS = sorted(
    path for room in ("hub", "conversations", "metrics") for path in (ROOT / room / "static").rglob("*.js")
)


@pytest.fixture
def nothing_goes_wrong_in() -> None:
    """Spare these tests the page that the others look at."""


def test_they_work() -> None:
    node = compute_driver_executable()[0]
    command = [node, "--test", "--no-warnings", str(ROOT / "tests/browser/scripts/store.test.js")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def reached(entry: str) -> set[str]:
    """Return the modules an entry imports, and what those import, by their static names."""
    places = {path.as_posix().partition("/static/")[2]: path for path in SCRIPTS}
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        for asked in re.findall(r'^(?:import|\}|export).* from "([^"]+)"', places[name].read_text(), re.MULTILINE):
            module = posixpath.normpath(posixpath.join(posixpath.dirname(name), asked))
            if module not in found:
                found.add(module)
                waiting.append(module)
    return found


def test_every_module_of_the_inbox_is_loaded_with_the_page() -> None:
    assert len(MODULES) == len(set(MODULES))
    assert reached("conversations/js/inbox.js") == set(MODULES)


def test_no_script_holds_a_sentence_or_reaches_another_house() -> None:
    for path in SCRIPTS:
        code = re.sub(r"/\*.*?\*/|(?<!:)//.*", "", path.read_text(), flags=re.DOTALL)
        assert ".innerHTML" not in code, path.name
        assert re.findall(r"https?://(?!www\.(?:openstreetmap|w3)\.org)[a-z]", code) == [], path.name
        assert len(path.read_text().splitlines()) <= 300, path.name

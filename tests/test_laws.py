"""The laws of the house, read off its own source: who may import whom, who knows vendors' words, how code is said."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import CheckConstraint, UniqueConstraint

ROOT = Path(__file__).parents[1]
HOUSE = ("hub", "conversations", "metrics")
# Rooms do one verb each; what they stand on (rows, the feed, the lanes …) is no room. Only composers may join rooms.
ROOMS = {
    "intake",
    "parse",
    "identify",
    "introduce",
    "lookups",
    "thread",
    "record",
    "route",
    "deliver",
    "reply",
    "resend",
    "triage",
    "merge",
    "suggest",
    "connect",
    "check",
    "sweep",
    "relay",
}
WIRING = {"hub/urls.py", "hub/asgi.py", "hub/celery.py", "hub/settings.py", "hub/api_urls.py"}
COMMANDS = "hub/management/commands/"
VENDOR_WORDS = {
    "phone_number_id", "wamid", "biz_opaque_callback_data", "messaging_product", "hub.verify_token", "x-hub-signature-256",
    "X-Hub-Signature-256", "MessageSid", "AccountSid", "X-Twilio-Signature", "smb_message_echoes", "quick_replies",
}  # fmt: skip
HTTP_CLIENTS = {"httpx", "httpx2", "requests", "aiohttp", "urllib.request", "http.client"}
LINES, REASON = 320, "long"


def sources(*folders: str) -> Iterator[Path]:
    """Every Python file of these folders but migrations."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


@cache
def tree(path: Path) -> ast.Module:
    """The file, parsed once."""
    return ast.parse(path.read_text())


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in the file, walked once."""
    return list(ast.walk(tree(path)))


def name(path: Path) -> str:
    """The file as the house calls it."""
    return path.relative_to(ROOT).as_posix()


@cache
def imports(path: Path) -> set[str]:
    """Every module a file imports, wherever it does, with what it takes from packages."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def templates(*folders: str) -> Iterator[Path]:
    """Every page of these folders."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.html"))


def all_files(
    *folders: str, found: Callable[..., Iterator[Path]] = sources
) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Hold every file of these folders to a law, and name all that break it at once."""

    def hold(law: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            broken = []
            for path in found(*folders):
                try:
                    law(path)
                except AssertionError as error:
                    broken.append(f"{name(path)}: {str(error).splitlines()[0]}")
            assert not broken, "\n".join(broken)

        return test

    return hold


@all_files("conversations")
def test_the_story_does_not_know_the_figures(path: Path) -> None:
    assert not [module for module in imports(path) if module.partition(".")[0] == "metrics"]


@all_files("hub")
def test_the_hub_knows_the_others_only_where_it_wires(path: Path) -> None:
    if name(path) in WIRING or name(path).startswith(COMMANDS):
        return
    assert not [module for module in imports(path) if module.partition(".")[0] in {"conversations", "metrics"}]


@all_files("conversations/channels")
def test_channels_import_no_models_and_no_celery(path: Path) -> None:
    forbidden = {
        module
        for module in imports(path)
        if re.match(r"celery|django\.db|hub\.models|conversations\.(?!channels)|metrics", module)
    }
    assert not forbidden


@all_files(*HOUSE)
def test_only_channels_know_a_vendors_words(path: Path) -> None:
    if "channels" in path.parts:
        return
    words = {node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert not words & VENDOR_WORDS


def _room(path: Path) -> str:
    parts = path.relative_to(ROOT / "conversations").parts
    return parts[0].removesuffix(".py")


@all_files("conversations")
def test_a_room_imports_no_other_room(path: Path) -> None:
    room = _room(path)
    if room not in ROOMS:
        return
    others = {module.split(".")[1] for module in imports(path) if module.startswith("conversations.")} & ROOMS - {room}
    # The relay's own child does what a worker would do, and only names the tasks.
    assert not others


@all_files(*HOUSE)
def test_rooms_do_not_enqueue(path: Path) -> None:
    if name(path).startswith(("conversations/relay.py", "hub/celery.py")) or path.name == "tasks.py":
        return
    calls = {node.attr for node in nodes(path) if isinstance(node, ast.Attribute)}
    assert not calls & {"delay", "apply_async", "send_task", "delay_on_commit"}


@all_files(*HOUSE)
def test_there_is_one_way_out_to_the_network(path: Path) -> None:
    if "channels" in path.parts or "embedded" in path.parts:  # the supervisor asks its own parts whether they are ready
        return
    assert not imports(path) & HTTP_CLIENTS


@all_files(*HOUSE, "simulator")
def test_every_module_opens_with_a_sentence(path: Path) -> None:
    text = ast.get_docstring(tree(path)) or ""
    assert text or not path.read_text().strip()
    assert not text or text.split("\n")[0].rstrip().endswith((".", "!", "?")), text.split("\n")[0]


@all_files(*HOUSE, "simulator")
def test_public_functions_say_what_they_do(path: Path) -> None:
    silent = [node.name for node in _public(tree(path)) if not ast.get_docstring(node)]
    assert not silent, silent


def _public(parent: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes that others may call: not those inside functions, whom nobody calls from outside."""
    for node in parent.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if node.name not in {"Meta", "add_arguments", "handle"}:  # Django's own words say enough
                yield node
            if isinstance(node, ast.ClassDef) and node.name != "Meta":
                yield from _public(node)


@all_files(*HOUSE, "simulator")
def test_files_stay_short_or_say_why(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LINES or REASON in (ast.get_docstring(tree(path)) or "").lower()


@all_files(*HOUSE, "simulator")
def test_nothing_is_called_after_what_says_nothing(path: Path) -> None:
    assert not {"utils", "helpers", "helper", "manager", "service", "services", "common", "misc"} & {
        path.stem,
        *path.parts,
    }


@all_files(*HOUSE)
def test_secrets_are_compared_in_constant_time(path: Path) -> None:
    secret = re.compile(r"sig|hmac|token|secret", re.IGNORECASE)
    for node in nodes(path):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [side for side in (node.left, *node.comparators) if isinstance(side, ast.Name | ast.Attribute)]
            named = [side.id if isinstance(side, ast.Name) else side.attr for side in sides]
            assert len(sides) < 2 or not any(secret.search(word) for word in named), f"{name(path)}:{node.lineno}"


@all_files(*HOUSE, found=templates)
def test_pages_hold_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=[\"']js:", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or "application/json" in script, script


@all_files(*HOUSE, found=templates)
def test_htmx_stays_out_of_live_parts(path: Path) -> None:
    text = path.read_text()
    assert not ("data-live" in text and re.search(r"\shx-[a-z]", text))


# What Django asks for by name, and what pages are made of.
NO_ROOMS = {"__init__", "apps", "urls", "management", "migrations", "templatetags"}


def test_the_page_of_the_architecture_names_every_room() -> None:
    rooms = (ROOT / "docs" / "architecture.md").read_text().partition("## Rooms")[2].split("```")[1]
    there = {path.stem for path in (ROOT / "conversations").iterdir() if path.suffix == ".py" or [*path.glob("*.py")]}
    assert not there - NO_ROOMS - set(re.findall(r"\w+", rooms))
    folders = set(re.findall(r"\b([a-z]+)/(?=\s)", rooms))
    assert not {folder for folder in folders if not [*ROOT.glob(f"{folder}/"), *ROOT.glob(f"*/{folder}/")]}


SHEET_LINES = 450
NUMBERED = re.compile(r"[hps]\d|icon-x?s|htmx-request")  # made of a letter and a number, or put on by htmx


def test_sheets_of_style_stay_short_and_dress_only_what_is_there() -> None:
    said = [path for folder in HOUSE for kind in ("*.html", "*.js", "*.py") for path in (ROOT / folder).rglob(kind)]
    words = {word for path in said for word in re.findall(r"[A-Za-z_][\w-]*", path.read_text())}
    for path in sorted(path for folder in HOUSE for path in (ROOT / folder).rglob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        assert len(text.splitlines()) <= SHEET_LINES, name(path)
        dressed = {
            word for rule in re.findall(r"([^{};]+)\{", text) for word in re.findall(r"\.([A-Za-z_][\w-]*)", rule)
        }
        assert not {word for word in dressed - words if not NUMBERED.fullmatch(word)}, name(path)


MISREAD = re.compile(r"""(?i)\w(import|export)[\s{][^;]*?from\s*["']\.""")


def test_no_name_in_an_import_ends_like_the_words_import_and_export() -> None:
    # Collecting static files reads `paintExport } from "./x.js"` as an export of its own, and writes an address nobody has.
    scripts = [path for folder in HOUSE for path in (ROOT / folder).rglob("*.js")]
    assert not [name(path) for path in scripts if MISREAD.search(path.read_text())]
    assert MISREAD.search('import { make, paintExport } from "./making.js";')


def models() -> list[Any]:
    return [model for label in HOUSE for model in apps.get_app_config(label).get_models()]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_constraints_are_named_as_sentences(model: Any) -> None:
    for constraint in model._meta.constraints:
        assert isinstance(constraint, UniqueConstraint | CheckConstraint)
        assert len(constraint.name.split("_")) >= 3, constraint.name


def test_the_invariants_of_the_design_are_there() -> None:
    named = {constraint.name for model in models() for constraint in model._meta.constraints}
    assert {
        "one_open_conversation_per_customer",
        "identity_belongs_to_one_customer",
        "message_unique_per_channel_and_provider_id",
    } <= named


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_rows_of_a_workspace_are_read_through_a_queryset_that_names_it(model: Any) -> None:
    if any(field.name == "workspace" for field in model._meta.fields):
        assert hasattr(model.objects.all(), "of")

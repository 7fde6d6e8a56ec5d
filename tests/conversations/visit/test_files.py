"""Files of visitors: looked at, limited, theirs alone until they are said."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from conversations.models import Attachment, Message
from conversations.visit import files
from tests.conversations.conftest import drain
from tests.conversations.visit.conftest import ORIGIN, Browser, Shop


def picture() -> bytes:
    """A small picture."""
    drawn = io.BytesIO()
    Image.new("RGB", (320, 200), "#4f46e5").save(drawn, "PNG")
    return drawn.getvalue()


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Any) -> None:
    """Files of a test go with it."""
    settings.MEDIA_ROOT = str(tmp_path)


def test_it_works(visitor: Browser) -> None:
    kept = visitor.ask("files?name=foto%20da%20caixa.png", picture(), **{"Content-Type": "image/png"})
    assert (kept.status_code, kept.json()["kind"]) == (201, "image")
    assert Attachment.objects.count() == 0
    assert visitor.say("Veja", files=[kept.json()["file"]]).status_code == 200
    drain()
    row = Attachment.objects.get()
    assert (row.kind, row.filename, row.state, row.width, row.height) == (
        "image",
        "foto da caixa.png",
        "stored",
        320,
        200,
    )
    with default_storage.open(row.stored_as) as file:
        assert file.read() == picture()
    (shown,) = visitor.history()
    assert (shown["kind"], shown["text"], shown["files"][0]["name"]) == ("image", "Veja", "foto da caixa.png")
    opened = visitor.pages.get(shown["files"][0]["small"].removeprefix(ORIGIN))
    assert opened.status_code == 200
    opened.close()


def test_it_takes_a_file_from_nobody_else(visitor: Browser, shop: Shop) -> None:
    note = visitor.ask("files?name=a.png", picture(), **{"Content-Type": "image/png"}).json()["file"]
    other = Browser(shop)
    other.begin()
    refused = other.say("", files=[note])
    assert (refused.status_code, refused.json()["detail"]) == (400, "The file is not here any more: choose it again.")
    assert Message.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"MZ\x90\x00" + b"\0" * 100, "image/png", 415), (b"", "image/png", 400), (b"x" * 2000, "text/plain", 413)],
)
def test_it_refuses(visitor: Browser, monkeypatch: pytest.MonkeyPatch, body: bytes, kind: str, status: int) -> None:
    if status == 413:
        monkeypatch.setattr(files, "largest", lambda: 1000)
    refused = visitor.ask("files?name=a.png", body, **{"Content-Type": kind})
    assert refused.status_code == status
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert default_storage.listdir("")[0] == []


def test_it_keeps_no_file_for_who_has_no_session(shop: Shop) -> None:
    assert Browser(shop).ask("files?name=a.png", picture()).status_code == 401
    assert default_storage.listdir("")[0] == []


def test_it_stops_who_sends_too_many(visitor: Browser) -> None:
    answers = [visitor.ask("files?name=a.txt", b"x", **{"Content-Type": "text/plain"}).status_code for _ in range(11)]
    assert answers == [201] * 10 + [429]

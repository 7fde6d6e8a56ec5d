"""Files come from their provider: once, in time, as what they are; or it is said why they do not."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.db import close_old_connections, connection, connections

from conversations import pipeline, tasks
from conversations.media import fetch
from conversations.models import Attachment, Exchange, FeedEvent
from conversations.waits import BACKLOG
from conversations.wake import CHANNEL
from tests.conversations.bodies import messages, said
from tests.conversations.media import files
from tests.conversations.media.conftest import due, waiting
from tests.conversations.media.site import Site

pytestmark = pytest.mark.django_db


def told(row: Attachment) -> list[str]:
    """What the feed says of the file's message."""
    assert row.message is not None
    found = FeedEvent.objects.filter(subject_id=row.message.pk).order_by("seq")
    return list(found.values_list("kind", flat=True))


def test_it_works(provider: Site, stored_files: Callable[[], list[Path]]) -> None:
    photo = files.photo(1200, 300)
    provider.give("/a", photo, "image/jpeg")
    row = waiting(provider, "/a?token=secret", mime_type="image/jpeg", filename="etiqueta\u202e.jpg")
    assert tasks.fetch() == {"fetched": 1}
    row.refresh_from_db()
    assert (row.state, row.reason, row.mime_type, row.filename) == ("stored", "", "image/jpeg", "etiqueta.jpg")
    assert (row.size, row.sha256) == (len(photo), hashlib.sha256(photo).hexdigest())
    assert (row.width, row.height, row.attempts) == (300, 1200, 1)
    assert re.fullmatch(rf"{row.workspace_id}/\d{{4}}/\d\d/[0-9a-f-]{{36}}", row.stored_as)
    with default_storage.open(row.stored_as) as file:
        assert file.read() == photo
    with default_storage.open(row.thumbnail) as file:
        assert file.read()[:4] == b"RIFF"
    assert len(stored_files()) == 2
    assert told(row) == ["message.updated"]
    [call] = Exchange.objects.filter(message_id=row.message_id)
    assert (call.status, call.method, call.workspace_id) == (200, "GET", row.workspace_id)
    assert call.url.endswith("/a?…")
    assert tasks.fetch() == {"fetched": 0}


def test_a_failure_is_tried_again_later_and_then_stored(provider: Site) -> None:
    provider.pages["/a"] = (503, {"Content-Length": "0"}, b"")
    row = waiting(provider, "/a", "audio", voice=True)
    assert pipeline.fetch_pending() == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, told(row)) == ("pending", 1, [])
    assert pipeline.fetch_pending() == 0, "it waits"
    provider.give("/a", files.OGG, "audio/ogg")
    due()
    assert pipeline.fetch_pending() == 1
    row.refresh_from_db()
    assert (row.state, row.mime_type, row.attempts) == ("stored", "audio/ogg", 2)
    assert (row.width, row.thumbnail) == (None, "")


def test_what_stays_away_is_unavailable_with_a_sentence(provider: Site, settings: Any) -> None:
    gone = waiting(provider, "/gone")
    refused = waiting(provider, "/refused")
    away = waiting(provider, "/away")
    provider.pages["/refused"] = (403, {"Content-Length": "0"}, b"")
    provider.pages["/away"] = (500, {"Content-Length": "0"}, b"")
    tries = []
    for _ in range(settings.MEDIA_MAX_ATTEMPTS):
        tries.append(pipeline.fetch_pending())
        due()
    assert pipeline.fetch_pending() == 0
    assert tries == [3, 3, 3, *[1] * (settings.MEDIA_MAX_ATTEMPTS - 3)]
    for row, reason in (
        (gone, "The file is no longer there."),
        (refused, "The provider does not hand the file out."),
        (away, "The provider had a fault."),
    ):
        row.refresh_from_db()
        assert (row.state, row.reason) == ("unavailable", reason)
        assert told(row) == ["message.updated"]


def test_a_throttle_is_not_a_failed_try(provider: Site) -> None:
    provider.pages["/a"] = (429, {"Content-Length": "0", "Retry-After": "3600"}, b"")
    row = waiting(provider, "/a")
    pipeline.fetch_pending()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("pending", 0)
    assert (row.not_before - row.created_at).total_seconds() > 3500


@pytest.mark.parametrize(
    ("kind", "mime_type", "body", "reason"),
    [
        ("image", "image/png", files.HTML, "The file is not what it was announced as."),
        ("document", "application/pdf", files.EXE, "Programs are not kept here."),
        ("image", "image/png", b"\x89PNG" + bytes(20_001), "The file is larger than what is kept here."),
    ],
)
def test_what_may_not_be_kept_is_not(
    provider: Site, settings: Any, stored_files: Callable[[], list[Path]], kind: str, mime_type: str, body: bytes,
    reason: str,
) -> None:  # fmt: skip
    settings.MEDIA_MAX_BYTES = 20_000
    provider.give("/a", body, mime_type)
    row = waiting(provider, "/a", kind, mime_type=mime_type)
    assert tasks.fetch() == {"fetched": 1}
    row.refresh_from_db()
    assert (row.state, row.reason, row.stored_as, row.attempts) == ("unavailable", reason, "", 1)
    assert stored_files() == []


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [(1, "unavailable", "The file was not kept: the virus scanner found something in it."), (2, "pending", "")],
)
def test_what_the_scanner_objects_to_is_not_kept(
    provider: Site, settings: Any, stored_files: Callable[[], list[Path]], code: int, state: str, reason: str
) -> None:
    settings.MEDIA_SCANNER = [sys.executable, "-c", f"raise SystemExit({code})"]
    provider.give("/a", files.PNG)
    row = waiting(provider, "/a")
    assert tasks.fetch() == {"fetched": 1}
    row.refresh_from_db()
    assert (row.state, row.reason, row.stored_as, stored_files()) == (state, reason, "", [])


def test_a_file_that_was_changed_on_its_way_is_not_kept(provider: Site) -> None:
    provider.give("/a", files.PNG)
    row = waiting(provider, "/a", sha256=hashlib.sha256(b"another").hexdigest())
    for _ in range(3):
        assert pipeline.fetch_pending() == 1
        due()
    row.refresh_from_db()
    assert (row.state, row.reason) == ("unavailable", "The file is not the one that was announced.")


def test_markup_is_kept_to_be_saved_only(provider: Site) -> None:
    provider.give("/a", files.SVG, "image/svg+xml")
    row = waiting(provider, "/a", "document", mime_type="image/svg+xml", filename="logo.svg")
    tasks.fetch()
    row.refresh_from_db()
    assert (row.state, row.mime_type, row.thumbnail) == ("stored", "image/svg+xml", "")


def test_who_ends_the_reader_each_time_is_left(provider: Site, settings: Any) -> None:
    row = waiting(provider, "/a", attempts=settings.MEDIA_MAX_ATTEMPTS)
    pipeline.fetch_pending()
    row.refresh_from_db()
    assert row.state == "unavailable"
    assert row.reason == "The file could not be read: each try ended the program that read it."
    assert provider.asked == []


def test_an_upload_is_nobodys_to_fetch(provider: Site) -> None:
    row = waiting(provider, "/a")
    Attachment.objects.filter(pk=row.pk).update(message=None)
    assert fetch.claim() == {}


def test_what_somebody_else_stored_meanwhile_stays(provider: Site, stored_files: Callable[[], list[Path]]) -> None:
    provider.give("/a", files.PNG)
    row = waiting(provider, "/a")
    claims = fetch.claim()
    for _errand, result, _said in fetch.fetch(claims):
        Attachment.objects.filter(pk=row.pk).update(state="unavailable")
        pipeline.files._record(_errand, result, _said)
    row.refresh_from_db()
    assert row.state == "unavailable"
    assert stored_files() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_fetch_the_same_file(provider: Site) -> None:
    provider.give("/a", files.PNG)
    for _ in range(12):
        waiting(provider, "/a")

    def work(_: int) -> int:
        try:
            return tasks.fetch()["fetched"]
        finally:
            close_old_connections()
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 12
    assert len(provider.asked) == 12
    assert set(Attachment.objects.values_list("state", "attempts")) == {("stored", 1)}


@pytest.mark.django_db(transaction=True)
def test_a_message_says_at_once_that_there_is_a_file(arrive: Callable[..., list[str]], settings: Any) -> None:
    image: dict[str, Any] = {"type": "image", "image": {"id": "777", "mime_type": "image/jpeg", "sha256": "x"}}
    name = connection.settings_dict["NAME"]
    address = urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    with psycopg.connect(address, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        assert arrive(messages(said("wamid.1", **image))) == ["processed"]
        with closing(listener.notifies(timeout=60)) as notices:  # it holds the connection until it is closed
            assert "media" in (notice.payload for notice in notices)
        row = Attachment.objects.get()
        assert (row.state, row.provider_ref) == ("pending", "777")
        due()
        ages = listener.execute(BACKLOG).fetchone()
        assert ages is not None
        assert [age is not None and age > 0 for age in ages] == [False, False, False, True]

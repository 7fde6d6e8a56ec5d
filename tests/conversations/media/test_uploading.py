"""Agents bring files: looked at by their bytes, held against the channel's rules, kept a day until they are said."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from conversations import tasks
from conversations.channels.adapter import Adapter
from conversations.channels.registry import CHANNELS
from conversations.channels.types import FileRule
from conversations.models import Attachment, Channel, FeedEvent
from hub.models import Workspace
from tests import factories
from tests.conversations.media import files
from tests.conversations.media.conftest import waiting
from tests.conversations.media.site import Site

pytestmark = pytest.mark.django_db


class Pictures(Adapter):
    """Takes small pictures, and short sound as documents."""

    kind = "sms"
    title = "SMS"
    files: ClassVar = {
        "image": FileRule(max_bytes=300_000, mime_types=("image/png", "image/jpeg")),
        "document": FileRule(max_bytes=100_000, mime_types=("audio/ogg", "text/plain", "application/x-sh")),
    }


class Papers(Adapter):
    """Takes PDF."""

    kind = "messenger"
    title = "Messenger"
    files: ClassVar = {"document": FileRule(max_bytes=500_000, mime_types=("application/pdf",))}


class Deaf(Adapter):
    """Takes no files."""

    kind = "webchat"
    title = "Web chat"


@pytest.fixture(autouse=True)
def _rules() -> Iterator[None]:
    """Let these be all the kinds of channels there are."""
    known = dict(CHANNELS)
    CHANNELS.clear()
    CHANNELS.update({"sms": Pictures(), "messenger": Papers(), "webchat": Deaf()})
    yield
    CHANNELS.clear()
    CHANNELS.update(known)


@pytest.fixture
def place(db: None) -> Workspace:
    """A shop."""
    return factories.workspace()


@pytest.fixture
def api(place: Workspace) -> APIClient:
    """A program of the shop."""
    return factories.client(factories.token(place))


def bring(
    api: APIClient,
    body: bytes,
    name: str = "a.png",
    claimed: str = "image/png",
    to: Channel | None = None,
    key: str = "",
) -> Any:
    """Upload a file."""
    form = {"file": SimpleUploadedFile(name, body, claimed), **({"channel": str(to.pk)} if to else {})}
    return api.post("/api/v1/attachments", form, format="multipart", headers={"Idempotency-Key": key} if key else {})


def test_it_works(place: Workspace, api: APIClient, stored_files: Callable[[], list[Path]]) -> None:
    answer = bring(api, files.PNG, "C:\\fotos\\etiqueta.png", "text/html", factories.channel(place, "sms"))
    assert answer.status_code == 201
    row = Attachment.objects.get()
    shown = answer.json()
    assert {name: shown[name] for name in ("kind", "mime_type", "filename", "size", "state", "width", "height")} == {
        "kind": "image", "mime_type": "image/png", "filename": "etiqueta.png", "size": len(files.PNG), "state": "stored",
        "width": 300, "height": 200,
    }  # fmt: skip
    assert shown["url"] == f"http://127.0.0.1:8000/attachments/{row.pk}/"
    assert shown["thumbnail_url"] == f"{shown['url']}?size=thumb"
    assert (row.message, row.uploaded_by, row.workspace) == (None, None, place)
    assert len(stored_files()) == 2
    assert api.get(f"/attachments/{row.pk}/").getvalue() == files.PNG
    assert api.get(f"/api/v1/attachments/{row.pk}").json() == shown


@pytest.mark.parametrize(
    ("kind", "body", "name", "sentence"),
    [
        ("sms", files.PNG + bytes(400_000), "a.png", "a.png has 0.4 MB; this channel takes at most 0.3 MB of this kind of file."),
        ("sms", files.OGG + bytes(200_000), "a.ogg", "a.ogg has 0.2 MB; this channel takes at most 0.1 MB of this kind of file."),
        ("sms", files.PDF, "a.pdf", "This channel does not take files of the type application/pdf here: a.pdf."),
        ("sms", files.HTML, "a.html", "This channel does not take files of the type text/html here: a.html."),
        ("sms", files.HTML, "a.png", "The file is not what it was announced as."),
        ("", files.SVG, "a.mp4", "The file is not what it was announced as."),
        ("sms", b"#!/bin/sh\n", "a.txt", "Programs are not kept here."),
        ("sms", files.EXE, "a.png", "Programs are not kept here."),
        ("messenger", files.PNG, "a.pdf", "This channel does not take this kind of file: a.pdf."),
        ("webchat", files.PNG, "a.png", "Files cannot be sent on Web chat."),
        ("", files.MP4, "a.mp4", "This channel does not take this kind of file: a.mp4."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_sentence(
    api: APIClient, stored_files: Callable[[], list[Path]], kind: str, body: bytes, name: str, sentence: str
) -> None:
    place = Workspace.objects.get()
    answer = bring(api, body, name, "image/png", factories.channel(place, kind) if kind else None)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"file": sentence}
    assert Attachment.objects.count() == 0
    assert stored_files() == []


SCANNER = [sys.executable, "-c", "import sys; sys.exit(b'PNG' in sys.stdin.buffer.read())"]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (SCANNER, "The file was not kept: the virus scanner found something in it."),
        (["/nowhere/scanner"], "The file was not kept: the virus scanner did not work."),
        ([sys.executable, "-c", "raise SystemExit(2)"], "The file was not kept: the virus scanner did not work."),
    ],
)  # fmt: skip
def test_what_the_scanner_objects_to_is_not_kept(
    api: APIClient,
    settings: Any,
    stored_files: Callable[[], list[Path]],
    command: list[str],
    sentence: str,
) -> None:
    settings.MEDIA_SCANNER = command
    answer = bring(api, files.PNG)
    assert (answer.status_code, answer.json()["errors"]) == (400, {"file": sentence})
    assert (Attachment.objects.count(), stored_files()) == (0, [])
    settings.MEDIA_SCANNER = SCANNER
    assert bring(api, files.PDF, "a.pdf", "application/pdf").status_code == 201


def test_without_a_channel_any_that_takes_it_will_do(api: APIClient) -> None:
    assert bring(api, files.PDF, "a.pdf").json()["kind"] == "document"
    assert bring(api, files.PNG).json()["kind"] == "image"
    assert bring(api, files.OGG, "a.ogg").json()["kind"] == "audio"


def test_what_a_channel_takes_only_as_a_document_becomes_one(place: Workspace, api: APIClient) -> None:
    answer = bring(api, files.OGG, "a.ogg", to=factories.channel(place, "sms"))
    assert (answer.json()["kind"], answer.json()["mime_type"]) == ("document", "audio/ogg")


def test_a_form_must_hold_one_file_and_a_channel_of_ones_own(place: Workspace, api: APIClient) -> None:
    strange = factories.channel(factories.workspace(), "sms")
    assert api.post("/api/v1/attachments", {}, format="multipart").json()["errors"].keys() == {"file"}
    assert bring(api, files.PNG, to=strange).json()["errors"] == {"channel": "There is no such channel."}
    assert bring(api, b"").status_code == 400
    two = [SimpleUploadedFile("a.png", files.PNG), SimpleUploadedFile("b.png", files.PNG)]
    assert api.post("/api/v1/attachments", {"file": two}, format="multipart").status_code == 400
    assert api.post("/api/v1/attachments", {"file": "x"}, format="json").status_code == 415
    assert Attachment.objects.count() == 0


def test_far_too_much_is_refused_unread(api: APIClient) -> None:
    answer = bring(api, bytes(700_000))
    assert answer.status_code == 413
    assert answer.json()["detail"] == "A file may have at most 0.5 MB here; this one has 0.7 MB."


def test_the_same_upload_again_is_one_file(api: APIClient, stored_files: Callable[[], list[Path]]) -> None:
    first, second = (bring(api, files.PNG, key="k1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert bring(api, files.PNG + b"x", key="k1").status_code == 422
    assert Attachment.objects.count() == 1
    assert len(stored_files()) == 2


def test_what_nobody_sent_is_gone_after_a_day(
    place: Workspace, api: APIClient, provider: Site, stored_files: Callable[[], list[Path]]
) -> None:
    provider.give("/a", files.PNG)
    said = waiting(provider, "/a", place=place)
    for _ in range(2):
        bring(api, files.PNG)
    old = timezone.now() - timedelta(hours=25)
    fresh = Attachment.objects.filter(message=None).first()
    assert fresh is not None
    Attachment.objects.exclude(pk=fresh.pk).update(created_at=old)
    assert tasks.purge()["uploads"] == 1
    assert set(Attachment.objects.values_list("pk", flat=True)) == {fresh.pk, said.pk}
    assert len(stored_files()) == 2


def test_a_file_that_did_not_come_is_asked_for_again(place: Workspace, api: APIClient, provider: Site) -> None:
    row = waiting(provider, "/a", place=place, attempts=12)
    path = f"/api/v1/attachments/{row.pk}/retry"
    tasks.fetch()
    shown = api.get(f"/api/v1/attachments/{row.pk}").json()
    assert (shown["state"], shown["url"], shown["reason"][:8]) == ("unavailable", None, "The file")
    stranger = factories.client(factories.token(factories.workspace()))
    assert stranger.post(path).status_code == 404
    provider.give("/a", files.PNG)
    answer = api.post(path)
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (200, "pending", "")
    assert api.post(path).json()["state"] == "pending"
    assert tasks.fetch() == {"fetched": 1}
    assert api.get(f"/api/v1/attachments/{row.pk}").json()["state"] == "stored"
    assert api.post(path).status_code == 409
    assert FeedEvent.objects.filter(kind="message.updated").count() == 3

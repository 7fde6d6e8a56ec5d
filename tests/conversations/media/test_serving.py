"""Files are handed out to whoever may see them and nobody else, in headers that let them do nothing."""

from __future__ import annotations

import io
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client

from conversations.media import links, store
from conversations.models import Attachment, Message
from hub.models import Role, Workspace
from tests import factories
from tests.conversations.media import files

pytestmark = pytest.mark.django_db


def kept(place: Workspace, body: bytes, mime_type: str, kind: str = "document", **fields: Any) -> Attachment:
    """A stored file of a message."""
    found = store.keep(place.pk, mime_type, io.BytesIO(body))
    said = factories.message(factories.conversation(place), factories.channel(place))
    return Attachment.objects.create(
        workspace=place, message=said, kind=kind, mime_type=mime_type, state="stored", size=len(body),
        sha256=(f"{hash(body) & 0xFFFFFFFF:08x}" * 8)[:64], stored_as=found.stored_as, thumbnail=found.thumbnail,
        width=found.width, height=found.height, **fields,
    )  # fmt: skip


def ask(asker: Any, path: str, **headers: str) -> Any:
    """Ask for a file and read it to its end."""
    answer = asker.get(path, headers=headers)
    answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer


def signed_in(place: Workspace) -> Client:
    """A member's browser."""
    browser = Client()
    browser.force_login(factories.member(place))
    return browser


def test_it_works() -> None:
    place = factories.workspace()
    row = kept(place, files.PNG, "image/png", "image", filename="Ação.png")
    answer = ask(signed_in(place), f"/attachments/{row.pk}/")
    assert answer.status_code == 200
    assert answer.body == files.PNG
    assert {name: answer[name] for name in ("Content-Type", "Content-Length", "Content-Security-Policy")} == {
        "Content-Type": "image/png",
        "Content-Length": str(len(files.PNG)),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    assert answer["Content-Disposition"] == "inline; filename=\"Acao.png\"; filename*=UTF-8''A%C3%A7%C3%A3o.png"
    assert (answer["X-Content-Type-Options"], answer["Cross-Origin-Resource-Policy"]) == ("nosniff", "same-origin")
    assert answer["Cache-Control"] == "private, max-age=600"
    assert {"Cookie", "Authorization"} <= {word.strip() for word in answer["Vary"].split(",")}
    thumb = ask(signed_in(place), f"/attachments/{row.pk}/?size=thumb")
    assert (thumb["Content-Type"], thumb.body[:4]) == ("image/webp", b"RIFF")
    assert thumb["ETag"] != answer["ETag"]


def test_a_stranger_finds_nothing() -> None:
    place = factories.workspace()
    row = kept(place, files.PNG, "image/png", "image")
    path = f"/attachments/{row.pk}/"
    assert ask(signed_in(factories.workspace()), path).status_code == 404
    assert ask(factories.client(factories.token(factories.workspace(), Role.ADMIN)), path).status_code == 404
    assert ask(factories.client("nvl_made_up"), path).status_code == 401
    assert ask(Client(), path).status_code == 401
    assert ask(Client(), path, Accept="text/html")["Location"].startswith("/accounts/login/?next=/attach")
    assert ask(factories.client(factories.token(place, Role.AGENT)), path).status_code == 200
    member = signed_in(place)
    place.memberships.all().delete()
    assert ask(member, path).status_code in {401, 404}
    assert factories.client(factories.token(place)).post(path).status_code == 405


def test_what_is_not_here_is_not_handed_out() -> None:
    place = factories.workspace()
    api = factories.client(factories.token(place))
    row = kept(place, files.PNG, "image/png", "image")
    Attachment.objects.filter(pk=row.pk).update(state="pending")
    assert ask(api, f"/attachments/{row.pk}/").status_code == 404
    Attachment.objects.filter(pk=row.pk).update(state="stored")
    default_storage.delete(row.stored_as)
    assert ask(api, f"/attachments/{row.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("body", "mime_type", "answered"),
    [
        (files.SVG, "image/svg+xml", "application/octet-stream"),
        (files.HTML, "text/html", "application/octet-stream"),
        (b"<a/>", "application/xml", "application/octet-stream"),
        (b"alert(1)", "text/javascript", "application/octet-stream"),
        (b"a;b", "text/csv", "text/csv"),
        (b"PK", "application/zip", "application/zip"),
        (b"x", "", "application/octet-stream"),
    ],
)
def test_what_could_do_harm_is_only_saved(body: bytes, mime_type: str, answered: str) -> None:
    place = factories.workspace()
    row = kept(place, body, mime_type)
    for query in ("", "?size=thumb", "?download=0"):
        answer = ask(factories.client(factories.token(place)), f"/attachments/{row.pk}/{query}")
        assert answer["Content-Type"] == answered
        assert answer["Content-Disposition"].startswith("attachment; ")
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.body == body


def test_sound_can_be_sought() -> None:
    place = factories.workspace()
    row = kept(place, bytes(range(100)), "audio/ogg; codecs=opus", "audio")
    api = factories.client(factories.token(place))

    def part(span: str, **headers: str) -> tuple[int, str | None, bytes]:
        answer = ask(api, f"/attachments/{row.pk}/", Range=span, **headers)
        return answer.status_code, answer.get("Content-Range"), answer.body

    assert part("bytes=10-13") == (206, "bytes 10-13/100", bytes([10, 11, 12, 13]))
    assert part("bytes=98-") == (206, "bytes 98-99/100", bytes([98, 99]))
    assert part("bytes=-3") == (206, "bytes 97-99/100", bytes([97, 98, 99]))
    assert part("bytes=90-1000") == (206, "bytes 90-99/100", bytes(range(90, 100)))
    assert part("bytes=100-") == (416, "bytes */100", b"")
    assert part("bytes=5-2") == (416, "bytes */100", b"")
    for whole in ("bytes=-", "bytes=1-2,4-5", "lines=1-2", ""):
        assert part(whole)[0] == 200
    assert part("bytes=10-13", **{"If-Range": '"another"'})[0] == 200
    assert api.head(f"/attachments/{row.pk}/")["Content-Length"] == "100"
    assert ask(api, f"/attachments/{row.pk}/")["Content-Type"] == "audio/ogg"


def test_what_a_browser_has_is_not_sent_again() -> None:
    place = factories.workspace()
    row = kept(place, files.PNG, "image/png", "image")
    api = factories.client(factories.token(place))
    etag = ask(api, f"/attachments/{row.pk}/")["ETag"]
    answer = ask(api, f"/attachments/{row.pk}/", **{"If-None-Match": f'"x", W/{etag}'})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)
    assert ask(api, f"/attachments/{row.pk}/?download=1")["Content-Disposition"].startswith("attachment; ")


def test_a_signed_address_opens_one_file_for_a_while() -> None:
    place = factories.workspace()
    row, other = (kept(place, files.PNG, "image/png", "image") for _ in range(2))
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as clock:
        path = links.signed_link(row, 60).removeprefix("http://127.0.0.1:8000")
        assert ask(Client(), path).status_code == 200
        assert ask(Client(), f"{path}&size=thumb")["Content-Type"] == "image/webp"
        assert Client().get(path.replace(str(row.pk), str(other.pk))).status_code == 404
        assert ask(Client(), path.replace("until=", "until=9")).status_code == 404
        assert ask(Client(), path[:-2]).status_code == 404
        assert ask(signed_in(place), f"/attachments/{row.pk}/?sig=").status_code == 404
        clock.shift(61)
        assert ask(Client(), path).status_code == 404


def test_a_channel_gets_files_with_an_address_of_their_own() -> None:
    place = factories.workspace()
    row = kept(place, files.PDF, "application/pdf", filename="nota.pdf")
    Attachment.objects.create(workspace=place, message=row.message, kind="image", state="pending")
    assert isinstance(row.message, Message)
    [file] = links.outbound_files(row.message)
    assert (file.kind, file.mime_type, file.filename, file.size) == (
        "document", "application/pdf", "nota.pdf", len(files.PDF),
    )  # fmt: skip
    assert file.stored_as == row.stored_as
    assert ask(Client(), file.link.removeprefix("http://127.0.0.1:8000")).status_code == 200

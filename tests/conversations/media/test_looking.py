"""What a file is, what it is called, and the small picture of it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from conversations.media.names import clean_name, disposition, given_name
from conversations.media.picture import look
from conversations.media.sniff import FORBIDDEN, LYING, judge, sniff
from tests.conversations.media import files


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (files.PNG, "image/png"), (files.photo(), "image/jpeg"), (b"GIF89a......", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"), (b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"), (files.OGG, "audio/ogg"),
        (files.MP4, "video/mp4"), (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"), (b"\0\0\0\x18ftyp3gp4\0\0\0\0", "video/3gpp"),
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1", "image/heic"), (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
        (b"\xff\xf1\x50\x80" + bytes(9), "audio/aac"), (b"\xff\xfb\x90\0" + bytes(9), "audio/mpeg"), (b"ID3\x04\0", "audio/mpeg"),
        (b"#!AMR\n", "audio/amr"), (files.PDF, "application/pdf"), (b"PK\x03\x04" + bytes(30), "application/zip"),
        (files.SVG, "image/svg+xml"), (b"\xef\xbb\xbf <?xml version='1.0'?><!-- --><svg width='1'>", "image/svg+xml"),
        (files.HTML, "text/html"), ("<HTML>".encode("utf-16"), "text/html"), (b"words <iframe src=x>", "text/html"),
        (b"<?xml version='1.0'?><note/>", "application/xml"), (b"(function(){})()", "text/javascript"),
        (b"BEGIN:VCARD\nFN:Ana", "text/vcard"), ("só texto, com acentuação".encode(), "text/plain"),
        (files.EXE, "application/vnd.microsoft.portable-executable"), (b"\x7fELF" + bytes(60), "application/x-executable"),
        (b"#!/bin/sh\nrm -rf /", "application/x-sh"), (b"GIF89a=1;alert(1)", "image/gif"), (bytes(range(256)) * 4, "application/octet-stream"),
        (b"", "text/plain"),
    ],
)  # fmt: skip
def test_bytes_say_what_a_file_is(head: bytes, mime: str) -> None:
    assert sniff(head) == mime


@pytest.mark.parametrize(
    ("kind", "claimed", "head", "mime", "refusal"),
    [
        ("image", "image/png", files.PNG, "image/png", ""),
        ("image", "image/jpeg", files.PNG, "image/png", ""),
        ("image", "image/jpeg", files.HTML, "text/html", LYING),
        ("image", "image/png", files.SVG, "image/svg+xml", LYING),
        ("image", "image/png", files.EXE, "application/vnd.microsoft.portable-executable", FORBIDDEN),
        ("sticker", "image/webp", files.OGG, "audio/ogg", LYING),
        ("audio", "audio/ogg; codecs=opus", files.OGG, "audio/ogg; codecs=opus", ""),
        ("audio", "", files.OGG, "audio/ogg", ""),
        ("audio", "audio/mp4", files.MP4, "audio/mp4", ""),
        ("audio", "audio/mpeg", files.PNG, "image/png", LYING),
        ("video", "video/mp4", files.MP4, "video/mp4", ""),
        ("video", "video/mp4", files.HTML, "text/html", LYING),
        ("document", "application/pdf", files.PDF, "application/pdf", ""),
        ("document", "application/pdf", files.HTML, "text/html", LYING),
        ("document", "application/pdf", files.EXE, "application/vnd.microsoft.portable-executable", FORBIDDEN),
        ("document", "application/pdf", b"just text", "text/plain", LYING),
        ("document", "", files.SVG, "image/svg+xml", ""),
        ("document", "text/plain", files.HTML, "text/html", ""),
        ("document", "text/csv", b"a;b\n1;2", "text/csv", ""),
        ("document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04" + bytes(30),
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""),
        ("file", "text/vcard", b"BEGIN:VCARD\n", "text/vcard", ""),
        ("file", "application/octet-stream", files.PNG, "image/png", ""),
        ("document", "application/x-thing", bytes(range(256)), "application/x-thing", ""),
    ],
)  # fmt: skip
def test_no_announcement_is_believed(kind: str, claimed: str, head: bytes, mime: str, refusal: str) -> None:
    verdict = judge(kind, claimed, head)
    assert (verdict.mime_type, verdict.refusal) == (mime, refusal)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("nota fiscal.pdf", "nota fiscal.pdf"), ("../../etc/passwd", "passwd"), ("C:\\x\\y.txt", "y.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"), ("a\x00b\r\n.html", "ab.html"), ("x.php\u200b", "x.php"),
        ("ﬁle①.txt", "file1.txt"), ("  . ", ""), ('a"b<c>.txt', "a_b_c_.txt"), ("", ""),
    ],
)  # fmt: skip
def test_names_deceive_nobody(name: str, clean: str) -> None:
    assert clean_name(name) == clean


def test_names_are_written_for_old_and_new_browsers() -> None:
    assert len(clean_name("x" * 400 + ".pdf")) == 180
    assert clean_name("x" * 400 + ".pdf").endswith(".pdf")
    assert given_name("", "audio", "audio/ogg; codecs=opus") == "audio.ogg"
    assert disposition("Ação 100%.pdf", inline=False) == (
        "attachment; filename=\"Acao 100_.pdf\"; filename*=UTF-8''A%C3%A7%C3%A3o%20100%25.pdf"
    )
    assert disposition("日本.pdf", inline=True).startswith('inline; filename=".pdf"; filename*=UTF-8')


def test_small_pictures_are_upright_and_say_nothing() -> None:
    raw = files.photo(1600, 400)
    assert b"A camera that tells" in raw
    found = look(io.BytesIO(raw))
    assert found is not None
    assert (found.width, found.height) == (400, 1600)
    small = Image.open(io.BytesIO(found.small))
    assert (small.format, small.size) == ("WEBP", (180, 720))
    assert not small.getexif()
    assert not {b"EXIF", b"XMP ", b"ICCP"} & {found.small[at : at + 4] for at in range(len(found.small))}
    assert b"secret" not in found.small


def test_bombs_are_measured_and_never_opened() -> None:
    found = look(io.BytesIO(files.bomb(9_000, 9_000)))
    assert found is not None
    assert (found.width, found.height, found.small) == (9_000, 9_000, b"")
    assert look(io.BytesIO(files.bomb(60_000, 60_000))) is None
    assert look(io.BytesIO(files.PNG[:400])) is None
    assert look(io.BytesIO(b"no picture")) is None

"""Files that customers send: drawn by the simulator itself, kept under media ids, handed out by short-lived addresses."""

from __future__ import annotations

import hashlib
import random
import struct
import time
import zlib
from dataclasses import dataclass, field

from simulator.bodies import MediaRef
from simulator.chance import seeded

ADDRESS_LIVES = 300.0
_OGG_SERIAL = 0x4E4F5645


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file and what a webhook says about it."""

    ref: MediaRef
    data: bytes = field(repr=False)


class MediaStore:
    """Keeps files by media id for as long as the process runs, at most ``keep`` of them, oldest dropped first."""

    def __init__(self, *, seed: int = 1, keep: int = 500) -> None:
        self._rng = seeded("media", seed)
        self._files: dict[str, StoredFile] = {}
        self._addresses: dict[str, tuple[str, float]] = {}
        self._keep = keep

    def add(self, data: bytes, mime_type: str, filename: str = "") -> MediaRef:
        """Keep a file and return its reference; the id is 15 digits."""
        media_id = str(self._rng.randrange(10**14, 10**15))
        digest = hashlib.sha256(data).hexdigest()
        ref = MediaRef(id=media_id, mime_type=mime_type, sha256=digest, filename=filename)
        self._files[media_id] = StoredFile(ref=ref, data=data)
        while len(self._files) > self._keep:
            self._files.pop(next(iter(self._files)))
        return ref

    def get(self, media_id: str) -> StoredFile | None:
        """Return the file of an id, ``None`` when there is none."""
        return self._files.get(media_id)

    def address(self, media_id: str) -> str:
        """Return a fresh token for the file's address; it opens for five minutes."""
        now = time.time()
        self._addresses = {token: held for token, held in self._addresses.items() if held[1] > now}
        token = f"{self._rng.getrandbits(128):032x}"
        self._addresses[token] = (media_id, now + ADDRESS_LIVES)
        return token

    def open(self, token: str) -> StoredFile | None:
        """Return the file behind an address, ``None`` once the address has run out."""
        media_id, until = self._addresses.get(token, ("", 0.0))
        return self._files.get(media_id) if until > time.time() else None


def picture(rng: random.Random, width: int = 480, height: int = 360) -> bytes:
    """Draw a PNG: a soft gradient with a few boxes in it, like a parcel on a table."""
    top, bottom = ([rng.randrange(120, 240) for _ in range(3)] for _ in range(2))
    boxes = [
        (rng.randrange(width // 2), rng.randrange(height // 2), rng.randrange(60, 220), rng.randrange(50, 160),
         bytes(rng.randrange(40, 200) for _ in range(3)))
        for _ in range(3)
    ]  # fmt: skip
    rows = []
    for y in range(height):
        share = y / height
        row = bytearray(bytes(int(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)) * width)
        for left, upper, wide, high, color in boxes:
            if upper <= y < upper + high:
                end = min(left + wide, width)
                row[left * 3 : end * 3] = color * (end - left)
        rows.append(b"\x00" + bytes(row))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"".join(rows), 6))
        + chunk(b"IEND", b"")
    )


def invoice(line: str) -> bytes:
    """Write a PDF of one page with one line of ASCII text."""
    words = line.encode("ascii", "replace").replace(b"\\", b"").replace(b"(", b"").replace(b")", b"")
    page = b"BT /F1 18 Tf 60 760 Td (" + words + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def voice_note(seconds: float = 3.0) -> bytes:
    """Make an Ogg/Opus file, mono, of silence: what a voice note looks like to whoever stores and plays it."""
    silence = b"\xf8\xff\xfe"  # one frame of 20 ms
    frames = max(1, int(seconds * 50))
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 48000, 0, 0)
    vendor = b"novelo"
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
    pages = [_ogg_page([head], 0, 0, flags=2), _ogg_page([tags], 1, 0)]
    for number, start in enumerate(range(0, frames, 50)):
        packets = [silence] * min(50, frames - start)
        last = start + 50 >= frames
        pages.append(_ogg_page(packets, number + 2, (start + len(packets)) * 960, flags=4 if last else 0))
    return b"".join(pages)


def _ogg_page(packets: list[bytes], number: int, position: int, *, flags: int = 0) -> bytes:
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, position, _OGG_SERIAL, number, 0, len(packets))
    page = bytearray(head + bytes(len(packet) for packet in packets) + b"".join(packets))
    struct.pack_into("<I", page, 22, _ogg_checksum(bytes(page)))
    return bytes(page)


def _ogg_checksum(page: bytes) -> int:
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = ((register << 1) ^ 0x04C11DB7 if register & 0x80000000 else register << 1) & 0xFFFFFFFF
    return register

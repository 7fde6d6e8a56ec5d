"""Files made for tests: real ones, and ones that pretend."""

from __future__ import annotations

import io
import random
import struct
import zlib

from PIL import Image

from simulator.media import invoice, picture, voice_note

PNG = picture(random.Random(1), 300, 200)
OGG = voice_note(1.0)
PDF = invoice("Pedido 1042")
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!doctype html><script>alert(1)</script>"
EXE = b"MZ\x90\x00" + bytes(200)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42" + bytes(400)


def photo(width: int = 400, height: int = 100, orientation: int = 6) -> bytes:
    """A JPEG as a phone held upright takes it: lying on its side, and saying where it was taken."""
    image = Image.new("RGB", (width, height), (200, 120, 40))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera that tells"
    exif.get_ifd(0x8825)[1] = "S"  # the place
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"a secret comment")
    return out.getvalue()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few bytes that claims to be billions of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )

"""Small pictures of large ones: turned upright, without what cameras write into them, and never of a bomb."""

from __future__ import annotations

import io
import warnings
from typing import BinaryIO

import msgspec
from PIL import Image, ImageOps

EDGE = 720  # pixels of the longer side: twice what a bubble shows
MAX_PIXELS = 50_000_000
QUALITY = 78
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class Picture(msgspec.Struct, frozen=True):
    """An image as people see it: ``width`` and ``height`` in pixels once upright, and a small one as WebP, empty where none."""

    width: int
    height: int
    small: bytes = b""


def look(file: BinaryIO) -> Picture | None:
    """Measure an image and draw its small one; ``None`` for what cannot be read as one.

    Only the header of one beyond ``MAX_PIXELS`` is read: it has its size and no small picture.
    """
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large ones before we can measure
            image = Image.open(file, formats=_FORMATS)
            width, height = image.size
            if width * height > MAX_PIXELS or not width or not height:
                return Picture(width, height)
            image.draft("RGB", (EDGE * 2, EDGE * 2))  # a JPEG is decoded at a fraction of its size
            upright = image.getexif().get(0x0112, 1) >= 5  # lies on its side
            small = _small(image)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, MemoryError):
        return None
    return Picture(height, width, small) if upright else Picture(width, height, small)


def _small(image: Image.Image) -> bytes:
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((EDGE, EDGE))
    has_alpha = "A" in turned.getbands() or "transparency" in turned.info
    plain = turned.convert("RGBA" if has_alpha else "RGB")
    plain.info = {}  # place, camera, profile, comment: nothing of it goes along
    out = io.BytesIO()
    plain.save(out, "WEBP", quality=QUALITY)
    return out.getvalue()

"""Translations as the program reads them: each `.po` file a person wrote becomes the `.mo` file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from pathlib import Path


def compile_catalogs(root: Path) -> list[Path]:
    """Compile the catalogs in ``root/*/locale`` that changed since the last time; return what was written.

    Needs no gettext on the machine. Fuzzy entries are left out, so the original shows instead of a guess.
    """
    written = []
    for source in sorted(root.glob("*/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parent.parent.name)
        fresh = target.with_suffix(".mo.new")
        with fresh.open("wb") as file:
            write_mo(file, catalog)
        fresh.replace(target)
        written.append(target)
    return written

"""Tables as people save them: UTF-8 or Latin-1, split by comma, semicolon or tab, the first row naming the columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

import msgspec
from django.utils.translation import gettext as _

from conversations.imports.shapes import Unreadable

DELIMITERS = (";", ",", "\t")
SAYS_DELIMITER = re.compile(r"sep=([;,\t])")  # Excel's own first line
MOST_COLUMNS = 200
CELL = 10_000
SNIFFED = 20  # lines


class Row(msgspec.Struct, frozen=True):
    """A row: the number of the line it ends on, its cells by column, and whether it holds more than there are columns."""

    line: int
    cells: dict[str, str]
    overflows: bool = False


class Table(msgspec.Struct, frozen=True):
    """A file as a table: its columns, its text from their line on, and how many lines stand above."""

    header: tuple[str, ...]
    text: str
    delimiter: str
    above: int = 0

    def rows(self) -> Iterator[Row]:
        """Yield each row that is not empty. Raises ``Unreadable``."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter)
        next(reader, None)
        try:
            for given in reader:
                cells = [cell.strip()[:CELL] for cell in given]
                if any(cells):
                    overflows = any(cells[len(self.header) :])
                    yield Row(self.above + reader.line_num, dict(zip(self.header, cells, strict=False)), overflows)
        except csv.Error:
            line = self.above + reader.line_num + 1
            raise Unreadable(_("Line %(line)d is no line of a table.") % {"line": line}) from None


def read(content: bytes) -> Table:
    """Return a file as a table. Raises ``Unreadable`` for one without columns, and for one that is no text."""
    text, above = decoded(content), 0
    said = SAYS_DELIMITER.fullmatch(text.partition("\n")[0].strip().lower())
    if said:
        text, above = text.partition("\n")[2], 1
    delimiter = said[1] if said else _delimiter(text)
    try:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        first = []
    header = _told_apart([cell.strip()[:120] for cell in first])
    if not any(header):
        raise Unreadable(_("The file has no columns."))
    if len(header) > MOST_COLUMNS:
        raise Unreadable(_("The file has more than %(limit)d columns.") % {"limit": MOST_COLUMNS})
    return Table(header, text, delimiter, above)


def decoded(content: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 with its mark, or else Latin-1. Raises ``Unreadable``."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").removeprefix("\ufeff").replace("\0", "")
    if b"\0" in content[:4096]:
        raise Unreadable(_("The file is no text."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    return text.replace("\0", "")


def _delimiter(text: str) -> str:
    """Return what splits the first lines into the same number of cells, most of them."""
    lines = text.splitlines()[:SNIFFED]

    def fits(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines if line.strip()]
        common = Counter(counts).most_common(1)
        return (min(counts[0], 1), common[0][1] * (counts[0] + 1)) if counts else (0, 0)

    return max(DELIMITERS, key=fits)


def _told_apart(names: list[str]) -> tuple[str, ...]:
    """Return the names of columns, those that come twice with their place."""
    found: list[str] = []
    for place, name in enumerate(names, start=1):
        found.append(f"{name} ({place})" if not name or name in found else name)
    return tuple(found) if any(names) else ()

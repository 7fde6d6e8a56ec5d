"""``manage.py import_history``: history from a file, one event a line."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm  # type: ignore[import-untyped]

from conversations import outside
from conversations.outside import Verdict
from hub.models import Workspace

LINE_BYTES = 1024 * 1024
type Line = tuple[int, Any]  # its number, and the event, or the verdict on a line that is none


class Command(BaseCommand):
    """Take a file in batches, each a transaction of its own: stopped anywhere, it is simply run again."""

    help = "Import history from FILE.jsonl, one event a line (- for stdin). Run it again to go on: what is known is skipped."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the file and the workspace."""
        parser.add_argument("file", help="events of the contract, one JSON object a line; - reads from stdin")
        parser.add_argument("--workspace", required=True, help="the workspace's short name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and say what became of the lines; a line that is refused is refused alone, and the import has worked."""
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        counts: Counter[str] = Counter()
        with opened(options["file"]) as source, tqdm(unit=" events", disable=None, file=sys.stderr) as bar:
            for batch in batches(source):
                for number, verdict in judged(workspace, batch):
                    counts[verdict.outcome] += 1
                    if verdict.outcome == "invalid":
                        bar.clear()
                        self.stdout.write(f"line {number}: {verdict.error}")
                bar.update(len(batch))
        self.stdout.write(", ".join(f"{counts[word]} {word}" for word in ("accepted", "duplicate", "invalid")))


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """Open the file, or stdin for ``-``. Raises ``CommandError`` when it cannot be read."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield file
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}.") from error


def batches(source: BinaryIO) -> Iterator[list[Line]]:
    """Yield the lines of a file in batches, empty ones left out."""
    batch: list[Line] = []
    for number, line in lines(source):
        batch.append((number, understood(line)))
        if len(batch) == outside.MOST:
            yield batch
            batch = []
    if batch:
        yield batch


def lines(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not empty with its number; of one that is endless only its beginning."""
    number = 0
    while line := source.readline(LINE_BYTES + 1):
        number += 1
        end = line
        while len(end) > LINE_BYTES and not end.endswith(b"\n"):
            end = source.readline(LINE_BYTES + 1)
        bare = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if bare:
            yield number, bare


def understood(line: bytes) -> Any:
    """Return the JSON of a line, or the verdict on what is none."""
    if len(line) > LINE_BYTES:
        return Verdict(None, "invalid", _("The line is too long."))
    try:
        return json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return Verdict(None, "invalid", _("The line is not valid JSON in UTF-8."))


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def judged(workspace: Workspace, batch: list[Line]) -> Iterator[tuple[int, Verdict]]:
    """Take a batch; yield what became of each line, in order."""
    verdicts = iter(outside.take(workspace, [one for _number, one in batch if not isinstance(one, Verdict)]))
    for number, one in batch:
        yield number, one if isinstance(one, Verdict) else next(verdicts)

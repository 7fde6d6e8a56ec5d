"""A program of the operator's, as a virus scanner is one, looks a file over before it is kept; nobody does unless one is set."""

from __future__ import annotations

import shutil
import subprocess
from tempfile import TemporaryFile
from typing import BinaryIO

import structlog
from django.conf import settings
from django.utils.translation import gettext_noop

log = structlog.get_logger(__name__)

SECONDS = 30  # a file that takes longer is not kept
CLEAN, FOUND = 0, 1  # what the program says by how it ends; anything else: it could not tell
SUSPECT = gettext_noop("The file was not kept: the virus scanner found something in it.")
UNTOLD = gettext_noop("The file was not kept: the virus scanner did not work.")


class Objected(Exception):
    """The file may not be kept: ``sentence`` (an English message id) says why, ``again`` whether it may be tried again."""

    def __init__(self, sentence: str, *, again: bool) -> None:
        super().__init__(sentence)
        self.sentence, self.again = sentence, again


def look_over(file: BinaryIO) -> None:
    """Give the file to the program on its standard input; ``MEDIA_SCANNER`` is its command. Raises ``Objected``."""
    if not settings.MEDIA_SCANNER:
        return
    file.seek(0)
    with TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        try:
            ended = subprocess.run(
                settings.MEDIA_SCANNER,
                stdin=copy,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=False,
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("the virus scanner did not work", error=type(error).__name__)  # noqa: TRY400
            raise Objected(UNTOLD, again=True) from error
    if ended == FOUND:
        raise Objected(SUSPECT, again=False)
    if ended != CLEAN:
        log.error("the virus scanner could not tell", code=ended)
        raise Objected(UNTOLD, again=True)

"""Gathers every sentence people read into the translation files, without GNU gettext: ``manage.py gather_words [--check]``."""

from __future__ import annotations

import io
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

ROOMS = ("hub", "conversations", "metrics")
LOCALES = ("pt_BR", "es", "en")
SOURCE = "en"  # the sentences in the code are English: its file holds them untranslated
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "forms": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def gather(base: Path) -> Catalog:
    """Return a catalog of every sentence marked for translation in the rooms' code and templates."""
    found = Catalog(project="Novelo", charset="utf-8")
    for place, message, context in sentences(base):
        found.add(message, locations=[(place, 0)], context=context)
    return found


def sentences(base: Path) -> Iterator[tuple[str, Any, str | None]]:
    """Yield (file, sentence or its plural pair, context), file by file in order."""
    for path in sorted(
        path for room in ROOMS for ext in ("py", "html", "txt") for path in (base / room).rglob(f"*.{ext}")
    ):
        if "migrations" in path.parts:
            continue
        code = path.read_text() if path.suffix == ".py" else templatize(path.read_text(), origin=str(path))
        for _line, message, _comments, context in extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS):
            yield path.relative_to(base).as_posix(), message, context


def missing(catalog: Catalog) -> list[str]:
    """Return the sentences of a catalog that have no translation, or one that was only guessed."""
    return [str(message.id) for message in catalog if message.id and (not all(_strings(message)) or message.fuzzy)]


def _strings(message: Any) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (message.string,)


class Command(BaseCommand):
    """Update ``hub/locale/*/LC_MESSAGES/django.po``; ``--check`` changes nothing and fails for what is not translated."""

    help = "Gather the sentences people read into the translation files."
    requires_system_checks = ()  # they would ask the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--check``."""
        parser.add_argument("--check", action="store_true", help="change nothing, fail when a translation is missing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Gather and compare."""
        found = gather(settings.BASE_DIR)
        wanting = []
        for locale in LOCALES:
            path = settings.LOCALE_PATHS[0] / locale / "LC_MESSAGES" / "django.po"
            catalog = self.updated(path, locale, found)
            if locale != SOURCE:
                wanting += [f"{locale}: {sentence}" for sentence in missing(catalog)]
            if not check:
                self.write(path, catalog)
        if wanting and check:
            raise CommandError("Not translated:\n" + "\n".join(wanting))
        self.stdout.write("\n".join([*wanting, f"{len(found)} sentences, {len(wanting)} not translated"]))

    def updated(self, path: Path, locale: str, found: Catalog) -> Catalog:
        """Return the translations in ``path`` brought up to what was found; what nobody says any more is dropped."""
        catalog = read_po(io.BytesIO(path.read_bytes()), locale=locale) if path.exists() else Catalog(locale=locale)
        catalog.update(found, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy = False
        return catalog

    def write(self, path: Path, catalog: Catalog) -> None:
        """Write a file that changes only where sentences do: no line numbers, no dates."""
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog.header_comment = "# The sentences of Novelo. Gathered by `manage.py gather_words`."
        out = io.BytesIO()
        write_po(out, catalog, width=110, include_lineno=False, sort_output=True)
        lines = [
            line for line in out.getvalue().decode().splitlines() if "-Date:" not in line and "Generated-By" not in line
        ]
        path.write_text("\n".join(lines) + "\n")

"""Translations a person wrote become what the program reads, without gettext on the machine."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from hub.translations import compile_catalogs

PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "%(n)s message"
msgid_plural "%(n)s messages"
msgstr[0] "%(n)s mensagem"
msgstr[1] "%(n)s mensagens"

#, fuzzy
msgid "Inbox"
msgstr "Caixa"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A Portuguese catalog in a checkout."""
    path = tmp_path / "hub" / "locale" / "pt_BR" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(PO)
    return path


def test_it_compiles_plurals_and_leaves_guesses_out(source: Path, tmp_path: Path) -> None:
    (compiled,) = compile_catalogs(tmp_path)
    with compiled.open("rb") as file:
        words = gettext.GNUTranslations(file)
    assert words.ngettext("%(n)s message", "%(n)s messages", 1) == "%(n)s mensagem"
    assert words.ngettext("%(n)s message", "%(n)s messages", 2) == "%(n)s mensagens"
    assert words.gettext("Inbox") == "Inbox"


def test_it_compiles_only_what_changed(source: Path, tmp_path: Path) -> None:
    assert compile_catalogs(tmp_path) == [source.with_suffix(".mo")]
    assert compile_catalogs(tmp_path) == []

"""Everything people read is said in every language of the house."""

from __future__ import annotations

from functools import cache

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from hub.management.commands.gather_words import gather, missing

TRANSLATED = ("pt_BR", "es")


STRANGE = {"pt_BR": "ñ¿¡", "es": "ãõçâêô"}  # letters of the other one


gathered = cache(gather)  # reading every file takes long, and they do not change meanwhile


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_sentence_is_translated(locale: str) -> None:
    with (settings.LOCALE_PATHS[0] / locale / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalog = read_po(file, locale=locale)
    catalog.update(gathered(settings.BASE_DIR), no_fuzzy_matching=True)
    assert missing(catalog) == [], "run `manage.py gather_words` and translate"


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_language_is_its_own(locale: str) -> None:
    with (settings.LOCALE_PATHS[0] / locale / "LC_MESSAGES" / "django.po").open("rb") as file:
        said = [message.string for message in read_po(file, locale=locale) if message.id]
    texts = [text for one in said for text in ([one] if isinstance(one, str) else one or [])]
    assert [text for text in texts if {*STRANGE[locale]} & {*text.lower()}] == []

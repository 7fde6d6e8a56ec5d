"""A sentence for every number: one form for each plural category of the reader's language."""

from __future__ import annotations

from babel import Locale
from django.utils.translation import get_language, ngettext, to_locale

# One number of each plural category; enough for the languages of the house.
SAMPLES = (0, 1, 2, 5, 11, 100, 1_000_000)


def forms(one: str, other: str) -> dict[str, str]:
    """Return the translated sentence for each plural category of the language, ``{n}`` still in it."""
    rule = Locale.parse(to_locale(get_language() or "en")).plural_form
    return {rule(number): ngettext(one, other, number) for number in SAMPLES} | {"other": ngettext(one, other, 5)}

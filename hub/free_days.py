"""Public holidays of countries and their states, by year: read from the ``holidays`` package when asked, and remembered.

A region is a country ("BR") or one of its parts ("BR-SP"). What the package knows of a year is the same however often it is
asked, so whoever reckons with it stays a pure function.
"""

from __future__ import annotations

from datetime import date
from functools import cache, lru_cache
from typing import Any

from babel import Locale
from django.utils.translation import get_language, to_locale

LENGTH = 10  # of a region's word
# Whose parts are offered by name; of the other countries the national holidays.
WITH_PARTS = ("BR", "PT", "ES", "AR", "CL", "US")


def _package() -> Any:
    import holidays  # a second of work that nobody needs who has set no region

    return holidays


@lru_cache(512)
def dates(region: str, year: int) -> frozenset[date]:
    """Return the public holidays of a region in a year; none for a region nobody knows."""
    return frozenset(_calendar(region, year, "")) if knows(region) else frozenset()


@lru_cache(128)
def names(region: str, year: int, language: str) -> dict[date, str]:
    """Return the public holidays of a region in a year with their names, in this language where the package knows it."""
    return dict(sorted(_calendar(region, year, language).items())) if knows(region) else {}


def _calendar(region: str, year: int, language: str) -> dict[date, str]:
    country, _dash, part = region.partition("-")
    spoken = _package().utils.list_localized_countries().get(country, [])
    fits = [one for one in spoken if one.startswith(language[:2])] if language else []
    found = _package().country_holidays(country, subdiv=part or None, years=year, language=fits[0] if fits else None)
    return dict(found.items())


@cache
def knows(region: str) -> bool:
    """Whether the package knows this region."""
    country, dash, part = region.partition("-")
    parts = _package().list_supported_countries().get(country) if len(region) <= LENGTH else None
    return parts is not None and (part in parts if dash else True)


@lru_cache(8)
def offered(language: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return regions to choose from, as groups of (region, its name in this language): countries with parts first."""
    territories = Locale.parse(to_locale(language)).territories
    groups = [(territories.get(country, country), _parts(country, territories)) for country in WITH_PARTS]
    codes = (code for code in _package().list_supported_countries() if len(code) == 2 and code not in WITH_PARTS)
    rest = sorted(((code, territories.get(code, code)) for code in codes), key=lambda one: one[1])
    return (*groups, ("…", tuple(rest)))


def _parts(country: str, territories: Any) -> tuple[tuple[str, str], ...]:
    whole = territories.get(country, country)
    named = {code: name for name, code in _package().country_holidays(country).subdivisions_aliases.items()}
    parts = sorted(((f"{country}-{code}", f"{whole} · {name}") for code, name in named.items()), key=lambda one: one[1])
    return ((country, whole), *(one for one in parts if len(one[0]) <= LENGTH))


def title(region: str) -> str:
    """Return what a region is called in the reader's language."""
    for _group, regions in offered(get_language() or "en"):
        for code, name in regions:
            if code == region:
                return name
    return region

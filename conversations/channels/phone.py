"""Telephone numbers as people: the different writings of one number share a match key.

A match key is for comparing only; a message is always sent to the address as the provider gave it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

_SEPARATORS = re.compile(r"[\s+().\-]")
_DIGITS = re.compile(r"[0-9]{1,20}")

# Brazil: 55, area code, eight digits that begin with 6-9 = a mobile number written without its ninth digit. Landlines
# begin with 2-5 and have no ninth digit, so nothing may be added to them or taken from what looks like one.
_BRAZIL_SHORT_MOBILE = re.compile(r"(55[1-9][1-9])([6-9][0-9]{7})")
# Mexico: older accounts carry a 1 between the country and the ten digits of the number.
_MEXICO_WITH_ONE = re.compile(r"521([0-9]{10})")
# Argentina keeps both forms apart: without the 9 the number may as well be a landline, which is another person. WhatsApp
# itself says when they are the same, by answering a send with the other form.


def international(number: str) -> str:
    """Return a number as people write it across borders, like "+55 11 98765-4321"; with its plus where that is unknown."""
    try:
        return format_number(parse(f"+{number.removeprefix('+')}"), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return f"+{number.removeprefix('+')}"


@lru_cache(4096)  # asked a dozen times a message, for the same few numbers
def digits_of(text: str) -> str:
    """Return the digits of a telephone number written in any way (``whatsapp:+55 41 8888-7777``), or ``""`` if it is none."""
    bare = _SEPARATORS.sub("", text.removeprefix("whatsapp:"))
    return bare if _DIGITS.fullmatch(bare) else ""


@lru_cache(4096)
def match_key(digits: str) -> str:
    """Return what all writings of one number have in common: its digits, Brazil with the ninth, Mexico without the 1.

    Text that is no telephone number comes back unchanged.
    """
    bare = digits_of(digits)
    if brazil := _BRAZIL_SHORT_MOBILE.fullmatch(bare):
        return f"{brazil[1]}9{brazil[2]}"
    if mexico := _MEXICO_WITH_ONE.fullmatch(bare):
        return f"52{mexico[1]}"
    return bare or digits

"""Telephone numbers: which writings are one person."""

from __future__ import annotations

import pytest

from conversations.channels.phone import digits_of, match_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5541988887777", "554188887777"),
        ("whatsapp:+5541988887777", "554188887777"),
        ("+55 (41) 98888-7777", "55 41 8888-7777"),
        ("5215512345678", "525512345678"),
    ],
)
def test_it_sees_one_person(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5541932345678", "554132345678"),  # a landline never has a ninth digit
        ("5491112345678", "541112345678"),  # without the 9 it may be a landline in Buenos Aires
        ("5541988887777", "5521988887777"),
        ("15550783881", "5550783881"),
    ],
)
def test_it_sees_two_people(one: str, other: str) -> None:
    assert match_key(one) != match_key(other)


@pytest.mark.parametrize(
    ("digits", "key"),
    [
        ("554188887777", "5541988887777"),
        ("554132345678", "554132345678"),
        ("5541932345678", "5541932345678"),
        ("5215512345678", "525512345678"),
        ("5491112345678", "5491112345678"),
        ("447700900123", "447700900123"),
        ("US.1234", "US.1234"),
        ("", ""),
    ],
)
def test_it_makes_the_key(digits: str, key: str) -> None:
    assert match_key(digits) == key


@pytest.mark.parametrize("text", ["", "bla", "+", "12a", "٥٥", "1" * 21])
def test_it_knows_what_is_no_number(text: str) -> None:
    assert digits_of(text) == ""

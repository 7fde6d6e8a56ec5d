"""Foreign JSON: whatever arrives becomes a value that can be stored, or a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, strategies as st

from conversations.channels.reading import MAX_DEPTH, NotReadableError, decode, id_of, listed, moment, text_of


def test_it_reads_json() -> None:
    assert decode(b'{"a": [1, 2.5, "x", null, true]}') == {"a": [1, 2.5, "x", None, True]}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty_body"),
        (b"  \n", "empty_body"),
        (b"not json", "not_json"),
        (b'{"a":', "not_json"),
        (b'{"a":1}{"b":2}', "not_json"),
        (b'"\x00"', "not_json"),
        (b'{"id":"\xff\xfe"}', "not_utf8"),
        ('{"a":1}'.encode("utf-16"), "not_utf8"),
        (b"[" * 100_000, "too_deep"),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), "too_deep"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "too_deep"),
    ],
)
def test_it_says_why_it_cannot_read(body: bytes, reason: str) -> None:
    with pytest.raises(NotReadableError, match=f"^{reason}$"):
        decode(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (rb'"a\u0000b"', "a\ufffdb"),
        (rb'{"k\u0000": "\ud800x"}', {"k\ufffd": "\ufffdx"}),
        (rb'"\ud83d\ude00"', "😀"),
        (b"[NaN, Infinity, -Infinity, 1e999]", [None, None, None, None]),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"9" * 5000, "9" * 5000),
        (b"18446744073709551616", "18446744073709551616"),
    ],
)
def test_it_makes_odd_values_storable(body: bytes, value: Any) -> None:
    assert decode(body) == value
    assert msgspec.json.encode(decode(body)).decode()


@pytest.mark.parametrize("value", ["1780000000", 1780000000, " 1780000000 ", 1780000000000, "1780000000000"])
def test_it_reads_a_time_in_seconds_or_milliseconds(value: Any) -> None:
    assert moment(value) == datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)


def test_it_keeps_the_milliseconds() -> None:
    assert moment("1767225600123") == datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [None, "", "asdf", "-5", "1e9", "0", 0, -1, True, 1.5, [], {}, "9" * 5000, "99999999999", "١٧٨٠٠٠٠٠٠٠"]
)
def test_it_knows_what_is_no_time(value: Any) -> None:
    assert moment(value) is None


def test_it_takes_only_text_and_whole_numbers_for_text() -> None:
    assert [text_of(value) for value in ("x", 7, None, True, 1.5, [], {})] == ["x", "7", "", "", "", "", ""]


def test_it_refuses_an_id_no_provider_would_give() -> None:
    assert [id_of(value) for value in ("wamid.1", " a ", 42, "x" * 256, None)] == ["wamid.1", "a", "42", "", ""]


def test_it_lists_what_should_have_been_a_list() -> None:
    assert [listed(value) for value in ([1], {"a": 1}, {}, None, "x")] == [[1], [{"a": 1}], [], [], []]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**20), 10**20) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.booleans())
def test_bytes_are_read_as_text_is(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assume(ascii_only or text.encode("utf-8", "ignore").decode() == text)
    assert repr(decode(text.encode())) == repr(decode(text))

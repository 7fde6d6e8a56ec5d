"""The collected pairs of telephone numbers: who is one person and who is not."""

from __future__ import annotations

import pytest

from conversations.channels.phone import match_key
from tests.conversations.channels.corpus import INDEX

PAIRS = [pair for pair in INDEX["phone_identity"] if pair["same_person"] is not None]


@pytest.mark.parametrize("pair", PAIRS, ids=[pair["id"] for pair in PAIRS])
def test_it_agrees_with_a_collected_pair(pair: dict) -> None:
    assert (match_key(pair["stored"]) == match_key(pair["incoming"])) is pair["same_person"]

"""Tones: the color of each part of a chart; a channel has its own, the same wherever it is drawn."""

from __future__ import annotations

from collections.abc import Sequence

TONES = 6
LEFT_OVER = 0  # gray: several parts that share what is left
OWN = ("whatsapp", "instagram", "webchat", "email", "ecommerce", "store")


def of_channel(kind: str) -> int:
    """Return the color of a kind of channel: its own, or one that follows from its name alone."""
    return OWN.index(kind) + 1 if kind in OWN else sum(kind.encode()) % TONES + 1


def of_parts(dimension: str, values: Sequence[str]) -> list[int]:
    """Return a color for each value of a dimension, no two alike while there are enough; channels come first to their own."""
    if not dimension.endswith("channel"):
        return [place % TONES + 1 for place in range(len(values))]
    taken = {of_channel(value) for value in values if value in OWN}
    found = []
    for value in values:
        tone = of_channel(value)
        if value not in OWN and tone in taken:
            tone = next((one for one in range(1, TONES + 1) if one not in taken), tone)
        taken.add(tone)
        found.append(tone)
    return found

"""Arrays: numbers by the thousand as numpy holds them, and how they are added up by their place."""

from __future__ import annotations

from typing import Any

import numpy as np

type Numbers = np.ndarray[Any, Any]  # whole ones or floats, or which of some are meant


def added(place: Numbers, amounts: Numbers, length: int) -> Numbers:
    """Return ``length`` sums of whole amounts, each of those at its place: exact, as ``bincount`` with its floats is not."""
    found = np.zeros(length, dtype=np.int64)
    np.add.at(found, place, amounts)
    return found

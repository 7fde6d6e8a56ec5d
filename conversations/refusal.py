"""Why a room does not do what was asked: the house's own words for it."""

from __future__ import annotations

from hub.refusal import Refused, TooLate

__all__ = ["Refused", "TooLate"]

"""The collected webhook samples beside the repository: used where they are, absent without complaint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[4] / "shared" / "samples"
INDEX: dict[str, Any] = json.loads((FOLDER / "index.json").read_text()) if FOLDER.is_dir() else {}


def cases(provider: str) -> list[dict[str, Any]]:
    """The cases of one provider that have a body."""
    return [case for case in INDEX.get("cases", ()) if case["provider"] == provider and case["file"]]


def body(case: dict[str, Any]) -> bytes:
    """The bytes of a case, exactly as signed."""
    return (FOLDER / case["file"]).read_bytes()

"""Who: the names of the agents that figures know by their addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hub.models import Membership, Workspace
from metrics import words

type Name = Callable[[str, str | None], str]


def names(workspace: Workspace) -> dict[str, str]:
    """Return the names of a workspace's members by their addresses; of those who share a name, with the address."""
    found = dict(Membership.objects.of(workspace).values_list("user__email", "user__name"))
    shared = Counter(found.values())
    return {
        email: (name if shared[name] == 1 else f"{name} ({email})") if name.strip() else email
        for email, name in found.items()
    }


def part_of(workspace: Workspace, *dimensions: str) -> Name:
    """Return how values of these dimensions are written: agents by name, who is no member by address."""
    known = names(workspace) if "agent" in dimensions else {}

    def part(dimension: str, value: str | None) -> str:
        name = known.get(value or "") if dimension == "agent" else None
        return name or words.part(dimension, value)

    return part

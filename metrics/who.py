"""Who: the names of the agents that figures know by their addresses, and of the labels they know by their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from conversations.models import HistoryEvent, Label
from hub.models import Membership, Workspace
from metrics import words
from metrics.models import LabelFact

type Name = Callable[[str, str | None], str]


def names(workspace: Workspace) -> dict[str, str]:
    """Return the names of a workspace's members by their addresses; of those who share a name, with the address."""
    found = dict(Membership.objects.of(workspace).values_list("user__email", "user__name"))
    shared = Counter(found.values())
    return {
        email: (name if shared[name] == 1 else f"{name} ({email})") if name.strip() else email
        for email, name in found.items()
    }


def labels(workspace: Workspace) -> dict[str, str]:
    """Return the names of a workspace's labels by their ids, in their order."""
    rows = Label.objects.of(workspace).order_by("name").values_list("pk", "name")
    return {str(one): name for one, name in rows}


def _removed(workspace: Workspace, label: str) -> str | None:
    """Return what a label that is no more was called when it was last put on; None for what never was one."""
    put = LabelFact.objects.of(workspace).filter(label=label).order_by("-id").values("id")[:1]
    return HistoryEvent.objects.of(workspace).filter(pk__in=put).values_list("data__label", flat=True).first()


def part_of(workspace: Workspace, *dimensions: str) -> Name:
    """Return how values of these dimensions are written: agents and labels by name, who is no member by address."""
    known = {name: of(workspace) for name, of in (("agent", names), ("label", labels)) if name in dimensions}

    def part(dimension: str, value: str | None) -> str:
        name = known.get(dimension, {}).get(value or "")
        if name is None and value and dimension == "label":
            name = _removed(workspace, value)
        return name or words.part(dimension, value)

    return part

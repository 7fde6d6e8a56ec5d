"""The figures against their history: what was derived step by step under faults must equal deriving everything at once."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hub.models import Workspace
from metrics import cells, facts
from metrics.aggregate import conversations_of

NOTHING: facts.Rows = {table: {} for table in facts.TABLES}


def differences(workspace: Workspace) -> list[str]:
    """Return each derived fact and cell that is not what the workspace's whole history comes to, in words."""
    ids = [one for some in conversations_of(workspace) for one in some]
    whole = facts.family(workspace.pk, ids)
    kept, derived = facts.kept(workspace.pk, whole.ids), facts.derived(workspace.pk, whole)
    found = [
        f"{table.name} of conversation {(new or old or ('?',))[0]}"
        for table, pairs in facts.difference(kept, derived).items()
        for old, new in pairs
    ]
    stands = cells.kept(workspace.pk)
    wanted = cells.summed(facts.difference(NOTHING, derived), ZoneInfo(workspace.timezone))
    found += [
        f"cell {key.measure} by {key.dimension} {key.value!r} on {key.day}"
        for key in stands.keys() | wanted.keys()
        if stands.get(key, cells.Sum()) != wanted.get(key, cells.Sum())
    ]
    return sorted(found)

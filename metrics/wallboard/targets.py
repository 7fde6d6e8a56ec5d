"""What the house wants of the six tiles: its own targets, else the limits of the alerts that watch everything, else the usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from conversations.models import AlertRule
from hub import audit
from hub.access import Caller
from hub.models import Workspace
from hub.refusal import Refused

Tile = Literal["queue", "longest", "serving", "agents", "sla", "abandonment"]
TILES: tuple[Tile, ...] = ("queue", "longest", "serving", "agents", "sla", "abandonment")
KEPT_SHARE, LEFT_SHARE = 0.9, 0.05  # what a house wants that has not said otherwise
SHARES: frozenset[Tile] = frozenset({"sla", "abandonment"})
MOST: dict[Tile, int] = {"queue": 100_000, "longest": 30 * 86_400, "serving": 100_000, "agents": 10_000}


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """At most so many waiting, seconds of the longest wait, conversations in hand; at least so many people; shares of 1.

    None: nothing was said. Then everybody's room stands for ``serving``, and one person for ``agents``.
    """

    queue: int | None = None
    longest: int | None = None
    serving: int | None = None
    agents: int | None = None
    sla: float = KEPT_SHARE
    abandonment: float = LEFT_SHARE


def targets(workspace: Workspace) -> Targets:
    """Return what holds: the workspace's own targets over what follows from its alerts."""
    return msgspec.structs.replace(usual(workspace), **own(workspace))


def own(workspace: Workspace) -> dict[str, float]:
    """Return the targets somebody has set, by their tile: ``Workspace.settings["board"]``."""
    kept = workspace.settings.get("board") or {}
    return {tile: kept[tile] for tile in TILES if isinstance(kept.get(tile), int | float)}


def usual(workspace: Workspace) -> Targets:
    """Return what is wanted where nobody has said otherwise: the strictest limits of alerts that watch everything."""
    rules = AlertRule.objects.of(workspace).filter(active=True, team=None, channel_kind="")
    limits: dict[str, int] = {}
    for kind, threshold in rules.values_list("kind", "threshold"):
        limits[kind] = min(threshold, limits.get(kind, threshold))
    return Targets(queue=limits.get("depth"), longest=limits.get("oldest_wait"))


def keep(caller: Caller, wanted: Mapping[str, float | None]) -> Workspace:
    """Set the targets, those of None back to the usual. Raises ``Refused`` with the tile at fault; then nothing changed."""
    for tile in TILES:
        _check(tile, wanted.get(tile))
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update(no_key=True).get(pk=caller.workspace.pk)
        before = own(workspace)
        after = {tile: value for tile in TILES if (value := wanted.get(tile)) is not None}
        workspace.settings = {**workspace.settings, "board": after}
        workspace.save(update_fields=["settings"])
        if changes := audit.difference(before, {tile: after.get(tile) for tile in TILES}):
            audit.note(caller, "board.changed", workspace, changes)
    return workspace


def _check(tile: Tile, value: float | None) -> None:
    if value is None:
        return
    if tile in SHARES:
        if not 0 <= value <= 1:
            raise Refused(tile, _("Must be a share from 0 % to 100 %."))
        return
    least, most = int(tile in {"serving", "agents"}), MOST[tile]
    if value != int(value) or not least <= value <= most:
        raise Refused(tile, _("Must be a whole number from %(least)d to %(most)d.") % {"least": least, "most": most})

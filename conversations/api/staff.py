"""Everybody of the workspace as the API and the feed show them: who they are, how they are there, and what they carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from conversations import route
from conversations.api.represent import Shown, moment
from hub.models import Membership, Team, Workspace


def agents(workspace: Workspace, ids: Iterable[UUID] | None = None) -> dict[UUID, Shown]:
    """Return members by the id of their person, in the order of their names; with ``ids`` only those. Three queries."""
    rows = Membership.objects.of(workspace).filter(user__is_active=True).select_related("user")
    if ids is not None:
        rows = rows.filter(user__in=list(ids))
    found = list(rows.order_by("user__name", "user__email"))
    carried = route.loads(workspace, [row.user_id for row in found])
    teams: dict[UUID, list[Shown]] = defaultdict(list)
    places = Team.members.through.objects.filter(membership__in=[row.pk for row in found])
    for member, team, name in places.order_by("team__name").values_list("membership_id", "team_id", "team__name"):
        teams[member].append({"id": str(team), "name": name})
    return {row.user_id: agent(row, teams[row.pk], carried.get(row.user_id, 0)) for row in found}


def agent(row: Membership, teams: list[Shown], weight: int) -> Shown:
    """Return a member; needs their person, teams and the weight of what they carry."""
    return {
        "id": str(row.user_id),
        "email": row.user.email,
        "name": row.user.name,
        "role": row.role,
        "teams": teams,
        "presence": row.presence,
        "reason": row.presence_reason,
        "since": moment(row.presence_since),
        "load": {"weight": weight, "capacity": row.capacity},
        "skills": list(row.skills),
        "languages": list(row.languages),
    }


def presence(row: Membership) -> Shown:
    """Return how a member is there."""
    return {"presence": row.presence, "reason": row.presence_reason, "since": moment(row.presence_since)}

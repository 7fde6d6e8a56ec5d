"""Who may: people, the workspaces they belong to, their hours, and the tokens programs come with."""

from hub.models.audit import AuditEntry
from hub.models.hours import WorkingHours
from hub.models.people import MemberInvitation, Membership, People, Presence, Role, Team, User
from hub.models.programs import ApiToken, IdempotencyKey, digest
from hub.models.workspace import OfWorkspace, Workspace

__all__ = [
    "ApiToken",
    "AuditEntry",
    "IdempotencyKey",
    "MemberInvitation",
    "Membership",
    "OfWorkspace",
    "People",
    "Presence",
    "Role",
    "Team",
    "User",
    "WorkingHours",
    "Workspace",
    "digest",
]

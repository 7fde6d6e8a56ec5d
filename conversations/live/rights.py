"""Who may listen to the live feed: a token or a session, asked at the start and again every few seconds."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.utils import timezone

from conversations.live.stream import Ear
from hub.access import Caller, caller_of_token, caller_of_user
from hub.models import ApiToken, Membership, Role

Right = tuple[str, ...]  # ("token", id, role) or ("session", key, user, workspace, role)


def ear_of(right: Right) -> Ear:
    """Return what who listens by this right is told beside what everybody is."""
    member = right[2] if right[0] == "session" else ""
    return Ear(supervises=Role(right[-1]).rank >= Role.SUPERVISOR.rank, member=member)


def caller_of(headers: dict[str, str]) -> tuple[Caller, Right] | None:
    """Return the caller and the right they come with: a token or a session."""
    close_old_connections()
    try:
        words = headers.get("authorization", "").split()
        if words:
            caller = caller_of_token(words[1]) if len(words) == 2 and words[0].lower() == "token" else None
            return (caller, ("token", str(caller.token.pk), caller.role.value)) if caller and caller.token else None
        key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
        if not key:
            return None
        request = HttpRequest()
        request.session = SessionStore(key)
        user = get_user(request)
        caller = caller_of_user(user, request.session.get("workspace"))
        return (caller, ("session", key, str(user.pk), str(caller.workspace.pk), caller.role.value)) if caller else None
    finally:
        close_old_connections()


def lost(rights: set[Right]) -> set[Right]:
    """Return those of ``rights`` that no longer hold."""
    close_old_connections()
    try:
        tokens = {right[1] for right in rights if right[0] == "token"}  # a token's role never changes
        sessions = {right for right in rights if right[0] == "session"}
        alive = {str(pk) for pk in ApiToken.objects.filter(pk__in=tokens, revoked_at=None).values_list("pk", flat=True)}
        keys = set(
            Session.objects.filter(
                session_key__in={right[1] for right in sessions}, expire_date__gt=timezone.now()
            ).values_list("session_key", flat=True)
        )
        members = {
            (str(user), str(workspace), role)
            for user, workspace, role in Membership.objects.filter(
                user_id__in={right[2] for right in sessions}, user__is_active=True
            ).values_list("user_id", "workspace_id", "role")
        }
        gone: set[Right] = {right for right in rights if right[0] == "token" and right[1] not in alive}
        return gone | {right for right in sessions if right[1] not in keys or right[2:] not in members}
    finally:
        close_old_connections()


def same_site(headers: dict[str, str]) -> bool:
    """Whether a browser asks from our own pages; other sites could not read the answer, and get none."""
    origin = headers.get("origin")
    return headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"} and (
        origin is None or origin.partition("://")[2] == headers.get("host")
    )

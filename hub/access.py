"""The one entry point of every decision who may: tokens, members, roles and the workspace they act in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from hub import second_factor
from hub.models import ApiToken, Membership, Role, User, Workspace, digest

# How stale "last used" may be: a write per request would cost more than it tells.
LAST_USED_GRAIN = timedelta(minutes=5)


class Caller:
    """Who is asking: a role in a workspace, with the person behind it when there is one."""

    def __init__(
        self, workspace: Workspace, role: str, *, user: User | None = None, token: ApiToken | None = None
    ) -> None:
        self.workspace = workspace
        self.role = Role(role)
        self.user = user
        self.token = token
        self.is_authenticated = True
        self.is_active = True

    @property
    def pk(self) -> str:
        """The name idempotency keys and limits are kept under."""
        return str(self.token.pk if self.token else self.user.pk if self.user else "")

    def may(self, role: str) -> bool:
        """Whether the caller's role includes ``role``."""
        return self.role.rank >= Role(role).rank


def caller_of_token(plain: str) -> Caller | None:
    """Return who comes with this token, ``None`` for an unknown or revoked one."""
    if not plain:
        return None
    token = ApiToken.objects.select_related("workspace").filter(digest=digest(plain), revoked_at=None).first()
    if token is None:
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_GRAIN:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return Caller(token.workspace, token.role, token=token)


def caller_of_user(user: Any, workspace_id: str | None = None) -> Caller | None:
    """Return a signed-in person in the workspace they chose, else in their first.

    ``None`` for somebody without any, and for who must set up a second factor before they may do anything there.
    """
    membership = _membership(user, workspace_id)
    if membership is None or second_factor.is_missing(user, membership.workspace):
        return None
    return Caller(membership.workspace, membership.role, user=user)


def _membership(user: Any, workspace_id: str | None) -> Membership | None:
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return None
    memberships = Membership.objects.select_related("workspace").filter(user=user).order_by("created_at", "id")
    chosen = memberships.filter(workspace_id=workspace_id).first() if workspace_id else None
    return chosen or memberships.first()


class ClosedByDefault(LoginRequiredMiddleware):
    """Sends whoever is not signed in to the door: the whole page, also where only a part of it was asked for.

    A page that asks for parts of itself (htmx) would follow a plain redirect and put the door into the part.
    """

    def handle_no_permission(  # type: ignore[override]  # a redirect too, said to htmx in its own words
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """Lead to the door, and from there back to the page the reader was on."""
        if not request.headers.get("HX-Request"):
            return super().handle_no_permission(request, view_func)
        _scheme, _colon, shown = request.headers.get("HX-Current-URL", "").partition("://")
        back = f"/{shown.partition('/')[2]}"
        door = redirect_to_login(back, self.get_login_url(view_func), self.get_redirect_field_name(view_func))
        return HttpResponse(status=204, headers={"HX-Redirect": door.url})


class WorkspaceMiddleware:
    """Puts ``request.caller`` and ``request.workspace`` on every page request, and the reader's language in force."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Find the caller of the session."""
        caller = caller_of_user(request.user, request.session.get("workspace"))
        request.caller = caller  # type: ignore[attr-defined]
        request.workspace = caller.workspace if caller else None  # type: ignore[attr-defined]
        language = caller.user.language if caller and caller.user else ""
        if language and not request.COOKIES.get("django_language"):
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        if caller is None and _must_secure(request):
            return redirect("mfa_activate_totp")
        return self.get_response(request)


# What one may reach before the second factor is set up: the way to it, the way out, and what answers for itself.
BEFORE_IT = ("/accounts/", "/me/", "/join/", "/static/", "/api/", "/webhooks/", "/healthz", "/readyz", "/internal/")


def _must_secure(request: HttpRequest) -> bool:
    """Whether a person asks for a page of a workspace that wants a second factor of them first."""
    if not request.user.is_authenticated or request.path.startswith(BEFORE_IT):
        return False
    return _membership(request.user, request.session.get("workspace")) is not None


def place(request: HttpRequest) -> dict[str, Any]:
    """Tell templates who reads and where: ``caller``, ``workspace``, ``theme``."""
    caller: Caller | None = getattr(request, "caller", None)
    user = caller.user if caller else None
    return {
        "caller": caller,
        "workspace": caller.workspace if caller else None,
        "theme": user.theme if user else request.COOKIES.get("theme", "auto"),
    }


def require(request: HttpRequest, role: str) -> Caller:
    """Return the caller of a page. Raises ``PermissionDenied`` for a lower role or nobody."""
    caller: Caller | None = getattr(request, "caller", None)
    if caller is None or not caller.may(role):
        raise PermissionDenied
    return caller


def caller_of(request: Request) -> Caller:
    """Return the caller of an API request that a view has let in."""
    caller = request.auth
    assert isinstance(caller, Caller), "only callers pass InWorkspace"
    return caller


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Token <token>``."""

    def authenticate(self, request: Request) -> tuple[Any, Caller] | None:
        """Return the caller of the token; none given is another's business, a wrong one is refused."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"token":
            return None
        caller = caller_of_token(words[1].decode("latin-1")) if len(words) == 2 else None
        if caller is None:
            raise AuthenticationFailed(translation.gettext("The token is unknown or was revoked."))
        return caller, caller

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme of a 401."""
        return "Token"


class MemberAuthentication(SessionAuthentication):
    """The session of a signed-in member, guarded against foreign sites."""

    def authenticate(self, request: Request) -> tuple[Any, Caller] | None:
        """Return the member's caller, with the CSRF token checked on unsafe methods."""
        found = super().authenticate(request)
        if found is None:
            return None
        caller = getattr(request._request, "caller", None) or caller_of_user(found[0])
        return (found[0], caller) if caller else None


class InWorkspace(BasePermission):
    """Whoever belongs to a workspace; a view may ask for more with ``role`` or ``roles = {method: role}``."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the caller's role includes what the view asks for."""
        caller = request.auth
        if not isinstance(caller, Caller):
            return False
        needed = getattr(view, "roles", {}).get(request.method, getattr(view, "role", Role.AGENT))
        return caller.may(needed)


class ClosedDoor(DefaultAccountAdapter):
    """People are invited to a workspace; nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Keep the door closed."""
        return False

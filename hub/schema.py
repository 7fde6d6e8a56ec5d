"""The API described for machines and people: how to come in, and a page of all its operations."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

from hub.problems import CONTENT_TYPE, refuse

METHODS = ("get", "post", "patch", "put", "delete")
PROBLEM = {"content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}, "description": ""}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it ships half its types
    """``Authorization: Token <token>``."""

    target_class = "hub.access.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme as OpenAPI writes it."""
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <token>`"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the same
    """The session of a member who is signed in."""

    target_class = "hub.access.MemberAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme as OpenAPI writes it."""
        from django.conf import settings

        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


def operations() -> list[dict[str, Any]]:
    """Return every operation of the schema: method, path, summary, its parameters and the names of its shapes."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # the same
    return [
        {
            "id": operation["operationId"],
            "method": method.upper(),
            "path": path,
            "text": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "takes": _shape(operation.get("requestBody", {})),
            "answers": [
                {"status": status, "shape": _shape(answer)} for status, answer in sorted(operation["responses"].items())
            ],
        }
        for path, entry in schema["paths"].items()
        for method, operation in entry.items()
        if method in METHODS
    ]


def _shape(part: dict[str, Any]) -> str:
    """Return the name of the shape a request or an answer has."""
    for content in part.get("content", {}).values():
        return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    return ""


def tell_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add to every operation what the house may answer before or around its view; called once the schema is made."""
    for path, entry in result["paths"].items():
        for method, operation in entry.items():
            if method in METHODS:
                given = {parameter["in"] for parameter in operation.get("parameters", [])}
                for code in _refusals(method, path, given, takes_body="requestBody" in operation):
                    operation["responses"].setdefault(str(code), PROBLEM)
    return result


def _refusals(method: str, path: str, given: set[str], *, takes_body: bool) -> set[int]:
    """Return with which statuses an operation may refuse, whatever it does."""
    codes = {401, 403}
    if "{" in path:
        codes.add(404)
    if takes_body or "query" in given or method == "post":  # a POST may come with an unusable Idempotency-Key
        codes.add(400)
    if takes_body:
        codes |= {413, 415}
    return codes | {409, 422} if method == "post" else codes


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the operations of the API as a page without a script."""
    return render(request, "hub/api_docs.html", {"operations": operations()})


@csrf_exempt
@login_not_required
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer 404 for an address the API does not have."""
    return refuse(404, _("There is no such address in the API."))

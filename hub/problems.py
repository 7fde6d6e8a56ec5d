"""What the API says when it refuses: ``application/problem+json`` with sentences a person understands, in the language asked for.

``title`` alone is the phrase of the status as HTTP has it, which is the same in every language.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _, gettext_lazy
from rest_framework import exceptions, status
from rest_framework.response import Response

from hub.refusal import Refused, TooLate

CONTENT_TYPE = "application/problem+json"


class Conflict(exceptions.APIException):
    """The request was understood and does not fit what is there now."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = gettext_lazy("The request conflicts with the present state.")
    default_code = "conflict"

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        """``members`` stand beside ``detail`` in the answer: what is there now."""
        super().__init__(detail)
        self.members = members


class TooLarge(exceptions.APIException):
    """The request holds more than the API takes at once."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("The request is too large.")
    default_code = "too_large"


class Mismatch(exceptions.APIException):
    """The request names an Idempotency-Key that belongs to another request."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = gettext_lazy("This Idempotency-Key was used for a different request.")
    default_code = "idempotency_mismatch"


def problem(code: int, detail: str, errors: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the body of a refusal: ``type``, ``title``, ``status``, ``detail`` and ``errors`` per field."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(code).phrase, "status": code, "detail": detail}
    if errors:
        body["errors"] = errors
    return body


def refuse(code: int, detail: str) -> JsonResponse:
    """Answer a refusal outside the API's own views."""
    return JsonResponse(problem(code, detail), status=code, content_type=CONTENT_TYPE)


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; ``None`` for what is our fault, which the server logs and answers with 500."""
    error = _in_terms_of_http(error)
    if not isinstance(error, exceptions.APIException):
        return None
    errors: dict[str, Any] | None = None
    if isinstance(error, exceptions.ValidationError):
        fields = error.get_full_details()
        errors = _sentences(fields) if isinstance(fields, dict) else {"non_field_errors": _sentences(fields)}
        detail = _("Some fields need attention: %(fields)s.") % {"fields": ", ".join(errors)}
    else:
        detail = str(error.detail)
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = getattr(error, "auth_header", "Token")
    body = problem(error.status_code, detail, errors) | getattr(error, "members", {})
    response = Response(body, status=error.status_code, headers=headers)
    response.content_type = CONTENT_TYPE
    return response


def _in_terms_of_http(error: Exception) -> Exception:
    """Return what a room raised as the framework's own: 400 with the field, 409 for what came too late, 404 for what is not here."""
    match error:
        case Refused():
            outer, _dot, inner = error.field.partition(".")
            return exceptions.ValidationError({outer: {inner: error.sentence} if inner else error.sentence})
        case TooLate():
            return Conflict(error.sentence)
        case Http404() | ObjectDoesNotExist():
            return exceptions.NotFound(_("There is no such thing here."))
        case PermissionDenied():
            return exceptions.PermissionDenied()
    return error


def _sentences(value: Any) -> Any:
    """Keep the messages of DRF's details, drop its codes."""
    if isinstance(value, dict):
        return (
            str(value["message"]) if set(value) == {"message", "code"} else {k: _sentences(v) for k, v in value.items()}
        )
    if isinstance(value, list):
        return [_sentences(entry) for entry in value]
    return str(value)

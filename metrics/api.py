"""The figures' part of the API: the catalogue, the figures, their evidence and their receipts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.models import Role, Workspace
from hub.pagination import whole
from metrics import evidence, receipts, shape, targets
from metrics.models import Receipt
from metrics.query import answer
from metrics.question import Question, metric_named, read
from metrics.registry import METRICS

MOST_A_PAGE = 1_000
WORDS = [
    OpenApiParameter("from", description="First instant: a date (its midnight in `tz`) or a date and time."),
    OpenApiParameter("to", description="First instant after the period."),
    OpenApiParameter("tz", description="IANA time zone; the workspace's unless given."),
    OpenApiParameter("channel", many=True),
    OpenApiParameter("agent", many=True),
    OpenApiParameter("team", many=True),
    OpenApiParameter("label", many=True, description="Ids of labels; an empty one for what has none."),
    OpenApiParameter("clock", enum=["elapsed", "business"]),
    OpenApiParameter("variant", description="In which of the ways that the catalogue lists the metric is measured."),
    OpenApiParameter(
        "target", float, description="Of times: seconds that should not be exceeded; the goal's unless given."
    ),
]
BY = OpenApiParameter("by", many=True, description="Split by these; each metric lists its dimensions.")
COMPARE = OpenApiParameter("compare", enum=["previous"])
ANSWERED: Any = {(200, "application/json"): dict}


class Figures(APIView):
    """What every view here has: supervisors and administrators of the workspace."""

    role: ClassVar[str] = Role.SUPERVISOR


def workspace_of(request: Request) -> Workspace:
    """Return the workspace of the caller, whom the permission has let in."""
    caller: Any = request.auth
    workspace: Workspace = caller.workspace
    return workspace


def aimed(question: Question) -> Question:
    """Return the question with the target that the workspace's goal names, where times are asked and none is given.

    A goal is of the figure as it is usually measured.
    """
    if question.target is not None or not question.metric.clocks or question.metric.variant:
        return question
    today = timezone.now().astimezone(question.tz).date()
    return question._replace(target=targets.of(question.workspace, today).get(question.metric.id))


class Catalogue(Figures):
    """``GET /metrics``."""

    @extend_schema(operation_id="list_metrics", responses=ANSWERED)
    def get(self, request: Request) -> Response:
        """List every metric, in the asked language."""
        return Response(whole([shape.of_metric(metric) for metric in METRICS.values()]))


class OneMetric(Figures):
    """``GET /metrics/{metric}``."""

    @extend_schema(operation_id="get_metric", parameters=[*WORDS, BY, COMPARE], responses=ANSWERED)
    def get(self, request: Request, metric: str) -> Response:
        """Answer with the figures, and with the id of their receipt."""
        question = aimed(read(workspace_of(request), metric_named(metric), request.query_params, timezone.now()))
        given = answer(question)
        body = {**shape.of_answer(given), "receipt": str(receipts.write(given).pk)}
        if request.query_params.get("compare"):
            before = answer(question.previous)
            period = {"from": before.question.start.isoformat(), "to": before.question.end.isoformat()}
            body["previous"] = {**period, **shape.of_rows(before)}
        return Response(body)


class Evidence(Figures):
    """``GET /metrics/{metric}/evidence``."""

    @extend_schema(
        operation_id="list_evidence",
        parameters=[*WORDS, OpenApiParameter("cursor"), OpenApiParameter("limit", int)],
        responses=ANSWERED,
    )
    def get(self, request: Request, metric: str) -> Response:
        """Page through what was counted."""
        words = request.query_params
        question = aimed(read(workspace_of(request), metric_named(metric), words, timezone.now()))
        place = evidence.place_of(words["cursor"]) if words.get("cursor") else None
        # However it is split, the total is proved: rows may show one thing several times.
        found = evidence.page(question._replace(by=()), place, _size(words.get("limit")))
        return Response(
            {
                "next": _address(request, found.following),
                "previous": _address(request, found.preceding),
                "results": [shape.of_observation(seen) for seen in found.observations],
            }
        )


class OneReceipt(Figures):
    """``GET /receipts/{id}``."""

    @extend_schema(operation_id="get_receipt", parameters=[OpenApiParameter("recompute", bool)], responses=ANSWERED)
    def get(self, request: Request, receipt: str) -> Response:
        """Show a receipt, computed again when asked."""
        found = get_object_or_404(Receipt.objects.of(workspace_of(request)), pk=receipt)
        body: dict[str, Any] = {
            "id": str(found.pk),
            "metric": f"{found.metric}@{found.version}",
            "parameters": found.parameters,
            "mark": str(found.mark),
            "as_of": shape.stamp(found.as_of),
            "value": found.answer["total"]["value"],
            **found.answer,
        }
        if request.query_params.get("recompute") in {"1", "true"}:
            body["recomputed"] = receipts.recompute(found)
        return Response(body)


def _size(word: str | None) -> int:
    if not word:
        return evidence.PAGE
    if not (word.isascii() and word.isdecimal() and len(word) < 10 and 1 <= int(word) <= MOST_A_PAGE):
        raise ValidationError({"limit": [f"1 … {MOST_A_PAGE}"]})
    return int(word)


def _address(request: Request, place: evidence.Place | None) -> str | None:
    if place is None:
        return None
    words = request.query_params.copy()
    words["cursor"] = str(place)
    return request.build_absolute_uri(f"{request.path}?{words.urlencode()}")

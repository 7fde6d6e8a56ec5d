"""The figures' tools in the API: whether two shares differ, and how many people a load needs."""

from __future__ import annotations

import math
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api import ANSWERED, Figures
from metrics.estimates import compared, wilson
from metrics.staffing import Load, around, needed

MOST = 10**9
BESIDE = 2  # how many agents fewer and more are told beside those that are needed
LOAD = {
    "conversations": "How many come in.",
    "interval": "In how many seconds; 1800 unless given.",
    "handle": "Seconds that one of them takes.",
    "concurrency": "How many people somebody who serves several is worth; 1 unless given.",
    "target": "Share to be taken in time, 0.8 unless given.",
    "within": "Seconds that count as in time, 30 unless given.",
    "patience": "Seconds after which people give up on average.",
}
USUAL = {"interval": 1_800.0, "concurrency": 1.0, "target": 0.8, "within": 30.0}


class Comparing(Figures):
    """``GET /comparison``: two variants, each as ``part/whole``, such as buyers of people shown a page."""

    @extend_schema(
        operation_id="compare_shares",
        parameters=[OpenApiParameter(name, required=True, description="As 48/400.") for name in ("a", "b")],
        responses=ANSWERED,
    )
    def get(self, request: Request) -> Response:
        """Say by how much the second lies above the first, and whether that is decided."""
        sides = {name: _share(name, request.query_params.get(name, "")) for name in ("a", "b")}
        found = compared(sides["a"], sides["b"])
        body: dict[str, Any] = {"verdict": "decided" if found.is_decided else "not decided", **found._asdict()}
        for name, (part, whole) in sides.items():
            low, high = wilson(part, whole)
            body[name] = {
                "numerator": part,
                "denominator": whole,
                "value": part / whole,
                "ci_low": low,
                "ci_high": high,
            }
        return Response(body)


class Staffing(Figures):
    """``GET /staffing``: how many agents a load of conversations needs."""

    @extend_schema(
        operation_id="get_staffing",
        parameters=[OpenApiParameter(name, float, description=said) for name, said in LOAD.items()],
        responses=ANSWERED,
    )
    def get(self, request: Request) -> Response:
        """Answer with the fewest agents that reach the target, and with how it goes with one or two fewer or more."""
        said = {name: _number(name, request.query_params.get(name, "")) for name in LOAD}
        load = Load(**{name: value for name, value in said.items() if value is not None})
        best = needed(load)
        beside = around(load, best.agents, BESIDE) if best else []
        return Response(
            {
                "erlangs": load.erlangs,
                "effective_handle_seconds": load.effective,
                "agents": best.agents if best else None,
                "around": [msgspec.structs.asdict(one) for one in beside],
            }
        )


def _share(name: str, said: str) -> tuple[int, int]:
    part, _slash, whole = said.partition("/")
    if not (part.isascii() and part.isdecimal() and whole.isascii() and whole.isdecimal()):
        raise ValidationError({name: [_("Must be how many of how many, like 48/400.")]})
    if not 0 <= int(part) <= int(whole) <= MOST or int(whole) == 0:
        raise ValidationError({name: [_("Must be a part of a whole above 0.")]})
    return int(part), int(whole)


def _number(name: str, said: str) -> float | None:
    if not said and (name in USUAL or name == "patience"):
        return USUAL.get(name)
    try:
        value = float(said)
    except ValueError:
        value = 0.0
    if not math.isfinite(value) or not 0 < value <= (1 if name == "target" else MOST):
        raise ValidationError({name: [_("Must be a number above 0.")]})
    return value

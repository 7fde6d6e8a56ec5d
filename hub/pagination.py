"""Lists by cursor: the place after the last row shown, never a number of rows to skip."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from hub.inputs import instant

USUAL_LIMIT = 50
GREATEST_LIMIT = 200
POSTGRES_BIGINT = 2**63 - 1

Value = datetime | UUID | int | None


class Cursor(msgspec.Struct, frozen=True):
    """A place in a list: ``values`` of the row beside it, ``back`` when the page before it is wanted."""

    values: tuple[Value, ...]
    back: bool = False


class Window(msgspec.Struct, frozen=True):
    """What of a list is asked for: at most ``limit`` rows beside ``cursor``; its beginning without one."""

    limit: int
    cursor: Cursor | None = None

    @property
    def back(self) -> bool:
        """Whether the rows before the cursor are wanted."""
        return self.cursor is not None and self.cursor.back


def window(request: Request, kinds: Sequence[type]) -> Window:
    """Read ``limit`` and ``cursor``; ``kinds`` are the types of the ordering's columns. Raises 400 for an unreadable one."""
    word = request.query_params.get("limit", str(USUAL_LIMIT))
    if not (word.isascii() and word.isdigit() and len(word) < 10 and int(word) > 0):
        raise ValidationError({"limit": _("Must be a whole number above 0.")})
    text = request.query_params.get("cursor")
    return Window(min(int(word), GREATEST_LIMIT), None if text is None else _decode(text, kinds))


def _decode(text: str, kinds: Sequence[type]) -> Cursor:
    try:
        direction, *values = json.loads(base64.urlsafe_b64decode(text.encode()))
        read = tuple(_value(kind, value) for kind, value in zip(kinds, values, strict=True))
        if None in read[1:]:
            raise ValueError(None)
        return Cursor(read, back={"<": True, ">": False}[direction])
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise ValidationError({"cursor": _("Is not a cursor of this list.")}) from error


def _value(kind: type, value: Any) -> Value:
    if value is None and kind is datetime:
        return None
    if kind is int and isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= POSTGRES_BIGINT:
        return value
    if kind is UUID and isinstance(value, str):
        return UUID(value)
    at = instant(value) if kind is datetime and isinstance(value, str) else None
    if at is None:
        raise ValueError(kind)
    return at


def _encode(values: Sequence[Value], *, back: bool) -> str:
    plain = [entry if isinstance(entry, int) or entry is None else _text(entry) for entry in values]
    return base64.urlsafe_b64encode(json.dumps(["<" if back else ">", *plain]).encode()).decode()


def _text(value: datetime | UUID) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _address(request: Request, values: Sequence[Value], *, back: bool) -> str:
    query = request.query_params.copy()
    query["cursor"] = _encode(values, back=back)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def address_of(request: Request, values: Sequence[Value]) -> str:
    """Return the address of the page after the row with these values, for a list that is not read from one queryset."""
    return _address(request, values, back=False)


def whole(rows: Sequence[Any]) -> dict[str, Any]:
    """Return a list that is always short enough to be told in one piece, in the form of every list."""
    return {"next": None, "previous": None, "results": list(rows)}


def turned[T](
    request: Request, seen: Window, rows: Sequence[T], values: Callable[[T], Sequence[Value]], show: Callable[[T], Any]
) -> dict[str, Any]:
    """Return ``{"next", "previous", "results"}`` of ``rows``: up to ``limit`` + 1 of them, in the order they were read.

    The row beyond the limit only says that there is more; rows read backwards are turned round.
    """
    more = len(rows) > seen.limit
    kept = list(rows[: seen.limit])
    if seen.back:
        kept.reverse()
    follows = bool(kept) and (more or seen.back)
    precedes = bool(kept) and (more if seen.back else seen.cursor is not None)
    return {
        "next": _address(request, values(kept[-1]), back=False) if follows else None,
        "previous": _address(request, values(kept[0]), back=True) if precedes else None,
        "results": [show(row) for row in kept],
    }


def beside(names: Sequence[str], cursor: Cursor, *, descending: bool) -> Q:
    """Return the condition that a row lies beyond the cursor in an ordering by ``names``, all in one direction.

    Only the first column may be null; PostgreSQL counts null as the greatest value.
    """
    smaller = descending is not cursor.back
    first, head = names[0], cursor.values[0]
    if head is None:
        rest = Q(**{f"{first}__isnull": True}) & _beyond(names[1:], cursor.values[1:], smaller=smaller)
        return rest | Q(**{f"{first}__isnull": False}) if smaller else rest
    beyond = _beyond(names, cursor.values, smaller=smaller)
    if smaller:
        return Q(**{f"{first}__lte": head}) & beyond  # says again what `beyond` says, for the index
    return (Q(**{f"{first}__gte": head}) & beyond) | Q(**{f"{first}__isnull": True})


def _beyond(names: Sequence[str], values: Sequence[Value], *, smaller: bool) -> Q:
    word = "lt" if smaller else "gt"
    condition = Q()
    for position, name in enumerate(names):
        equal = dict(zip(names[:position], values[:position], strict=True))
        condition |= Q(**equal, **{f"{name}__{word}": values[position]})
    return condition


def rows_of[M: Model](queryset: QuerySet[M], names: Sequence[str], seen: Window, *, descending: bool = True) -> list[M]:
    """Read a window of ``queryset`` in the order of ``names``; ``limit`` + 1 rows when there are more."""
    if seen.cursor is not None:
        queryset = queryset.filter(beside(names, seen.cursor, descending=descending))
    sign = "-" if descending is not seen.back else ""
    return list(queryset.order_by(*[f"{sign}{name}" for name in names])[: seen.limit + 1])


def page[M: Model](
    request: Request,
    queryset: QuerySet[M],
    order: dict[str, type],
    show: Callable[[M], Any],
    *,
    descending: bool = True,
) -> dict[str, Any]:
    """Return one page of ``queryset``: ``order`` names the columns and their types, unique together."""
    names = list(order)
    seen = window(request, list(order.values()))
    rows = rows_of(queryset, names, seen, descending=descending)
    return turned(request, seen, rows, lambda row: [getattr(row, name) for name in names], show)

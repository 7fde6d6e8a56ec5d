"""What an operation takes and answers, for the schema, in the few forms that operations have; who may not ask is always refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from conversations.api.shapes import KEY, ConversationShape, Shape, answers, page_of, parameters

Input = type[serializers.Serializer[Any]]


def lists[F: Callable[..., Any]](
    operation: str, shape: type[Shape], *refusals: int, **filters: Any
) -> Callable[[F], F]:
    """Say that a GET answers a page of ``shape``; 400 for a filter or a cursor that cannot be read."""
    responses = answers(page_of(shape), 400, *refusals)
    return extend_schema(operation_id=operation, parameters=parameters(**filters), responses=responses)


def shows[F: Callable[..., Any]](operation: str, shape: type[Shape]) -> Callable[[F], F]:
    """Say that a GET answers one ``shape``, or 404."""
    return extend_schema(operation_id=operation, responses=answers(shape, 404))


def creates[F: Callable[..., Any]](
    operation: str, takes: Input, shape: type[Shape], *refusals: int
) -> Callable[[F], F]:
    """Say that a POST makes one ``shape`` of what it ``takes``: 201, or 400."""
    responses = answers(shape, 400, *refusals, status=201)
    return extend_schema(operation_id=operation, request=takes, parameters=[KEY], responses=responses)


def does[F: Callable[..., Any]](
    operation: str, takes: Input | None, shape: type[Shape], *refusals: int
) -> Callable[[F], F]:
    """Say that a POST does something with what is there and answers how it is then."""
    responses = answers(shape, *refusals)
    return extend_schema(operation_id=operation, request=takes, parameters=[KEY], responses=responses)


def moves[F: Callable[..., Any]](operation: str, takes: Input | None = None) -> Callable[[F], F]:
    """Say that a POST moves a conversation and answers how it stands then; 409 when somebody else was faster."""
    return does(operation, takes, ConversationShape, 400, 404, 409)


def changes[F: Callable[..., Any]](
    operation: str, takes: Input, shape: type[Shape], *refusals: int
) -> Callable[[F], F]:
    """Say that a PATCH changes one ``shape``: 400 for what cannot be, 404 for what is not here."""
    return extend_schema(operation_id=operation, request=takes, responses=answers(shape, 400, 404, *refusals))


def removes[F: Callable[..., Any]](operation: str) -> Callable[[F], F]:
    """Say that a DELETE takes something away and answers nothing, or 404."""
    return extend_schema(operation_id=operation, responses=answers(None, 404, status=204))

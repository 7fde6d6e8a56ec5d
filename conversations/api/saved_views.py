"""``/views``: views of the inbox that somebody kept, for themselves or for everybody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import filters as asking, shapes
from conversations.api.operations import changes, creates, lists, removes
from conversations.models import SavedView
from hub.access import Caller, caller_of
from hub.idempotency import once
from hub.inputs import Choice, Text, YesNo, allowed, checked
from hub.models import Role
from hub.pagination import page

MOST = 50  # of one owner


class ViewInput(serializers.Serializer[Any]):
    """A view to keep: `filters` in the words of `GET /conversations`; `shared` with everybody, by a supervisor."""

    name = Text(max_length=60)
    filters = serializers.DictField(child=Text(max_length=300))
    sort = Choice(list(asking.ORDERS), required=False)
    shared = YesNo(required=False)


class ViewChange(serializers.Serializer[Any]):
    """What shall be otherwise about a view."""

    name = Text(max_length=60, required=False)
    filters = serializers.DictField(child=Text(max_length=300), required=False)
    sort = Choice(list(asking.ORDERS), required=False)


class SavedViewShape(shapes.Shape):
    """A view that was kept."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    filters = serializers.DictField(child=serializers.CharField())
    sort = serializers.ChoiceField(list(asking.ORDERS))
    shared = serializers.BooleanField()
    mine = serializers.BooleanField()


def seen_by(caller: Caller) -> QuerySet[SavedView]:
    """Return the views the caller sees: their own and everybody's."""
    own = Q(owner=caller.user) if caller.user else Q()
    return SavedView.objects.of(caller.workspace).filter(own | Q(owner=None) if caller.user else Q(owner=None))


def shown(row: SavedView, caller: Caller) -> dict[str, Any]:
    """Return a view as the API shows it; ``mine``: the caller may change it."""
    shared = row.owner_id is None
    return {
        "id": str(row.pk),
        "name": row.name,
        "filters": row.filters,
        "sort": row.sort,
        "shared": shared,
        "mine": caller.may(Role.SUPERVISOR) if shared else True,
    }


class SavedViewList(APIView):
    """All views that were kept."""

    @lists("list_views", SavedViewShape)
    def get(self, request: Request) -> Response:
        """List the caller's own views and everybody's, the oldest first."""
        caller = caller_of(request)
        return Response(page(request, seen_by(caller), {"id": UUID}, lambda row: shown(row, caller), descending=False))

    @creates("create_view", ViewInput, SavedViewShape)
    @once
    def post(self, request: Request) -> Response:
        """Keep a view, for oneself or (`shared`, by a supervisor) for everybody."""
        caller = caller_of(request)
        given = checked(ViewInput, request)
        shared = given.get("shared", caller.user is None)
        if shared and not caller.may(Role.SUPERVISOR):
            raise PermissionDenied(_("Only supervisors keep views for everybody."))
        if not shared and caller.user is None:
            raise ValidationError({"shared": _("A token is nobody: its views are everybody's.")})
        owner = None if shared else caller.user
        if SavedView.objects.of(caller.workspace).filter(owner=owner).count() >= MOST:
            raise ValidationError({"name": _("There are %(limit)d views already: remove one.") % {"limit": MOST}})
        row = SavedView(workspace=caller.workspace, owner=owner, name=given["name"].strip())
        row.filters, row.sort = usable(caller, given["filters"]), given.get("sort", "activity")
        _save(row)
        return Response(shown(row, caller), status=201)


class SavedViewDetail(APIView):
    """One view that was kept."""

    @changes("change_view", ViewChange, SavedViewShape)
    def patch(self, request: Request, view_id: UUID) -> Response:
        """Rename a view, or let it show something else; everybody's are changed by supervisors."""
        caller = caller_of(request)
        row = _changeable(caller, view_id)
        given = checked(ViewChange, request)
        if "filters" in given:
            given["filters"] = usable(caller, given["filters"])
        for name, value in given.items():
            setattr(row, name, value)
        _save(row)
        return Response(shown(row, caller))

    @removes("remove_view")
    def delete(self, request: Request, view_id: UUID) -> Response:
        """Remove a view; no conversation changes by it."""
        _changeable(caller_of(request), view_id).delete()
        return Response(status=204)


def usable(caller: Caller, words: dict[str, str]) -> dict[str, str]:
    """Return filters that can be asked with. Raises 400 naming what cannot."""
    if unknown := [name for name in words if name not in asking.KEPT]:
        raise ValidationError({"filters": f"{unknown[0]}: {allowed(asking.KEPT)}"})
    try:
        asking.filtered(caller, asking.from_words(words))
    except ValidationError as error:
        raise ValidationError({"filters": error.detail}) from error
    return words


def _changeable(caller: Caller, view_id: UUID) -> SavedView:
    row = seen_by(caller).get(pk=view_id)
    if row.owner_id is None and not caller.may(Role.SUPERVISOR):
        raise PermissionDenied(_("Only supervisors keep views for everybody."))
    return row


def _save(row: SavedView) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ValidationError({"name": _("There is a view of this name already.")}) from error

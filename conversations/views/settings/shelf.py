"""A shelf: a page of things that are made, changed and removed in place, each with its own form; a sentence at the field when not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.refusal import Refused
from hub.access import Caller, require
from hub.house.forms import HouseForm
from hub.models import Role, Workspace

View = Callable[[HttpRequest], HttpResponse]


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """What a shelf holds. ``make`` returns the form of a row (None: of a new one), with what was typed; rows show by ``template``."""

    template: str
    role: Role
    rows: Callable[[Workspace], Sequence[Any]]
    make: Callable[[Workspace, Any, Any], HouseForm]
    create: Callable[[Caller, dict[str, Any]], Any]
    change: Callable[[Caller, UUID, dict[str, Any]], Any]
    remove: Callable[[Caller, UUID], None]


def apart(row: Any) -> str:
    """Return the pattern of ids that keeps the inputs of several forms on a page apart."""
    return f"id_{row.pk if row else 'new'}_%s"


def page(shelf: Shelf) -> View:
    """Return the view of a shelf: a GET shows it, a POST does what its ``act`` says and shows what came of it."""

    @never_cache
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest) -> HttpResponse:
        caller = require(request, shelf.role)
        if request.method == "GET":
            return render(request, shelf.template, _shown(shelf, caller, {}))
        act, key = request.POST.get("act", ""), request.POST.get("row", "")
        if act == "create":
            said = _create(shelf, caller, request.POST)
        elif act in {"change", "remove"}:
            said = _touch(shelf, caller, request.POST, act, _id(key))
        else:
            return HttpResponseBadRequest("Unknown act.")
        part = "#shelf" if getattr(request, "htmx", False) else ""
        return render(request, f"{shelf.template}{part}", _shown(shelf, caller, said))

    return view


def _create(shelf: Shelf, caller: Caller, typed: Any) -> dict[str, Any]:
    form = shelf.make(caller.workspace, None, typed)
    if form.is_valid():
        try:
            made = shelf.create(caller, form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            return {"made": made.pk, "told": _("Made: %(name)s.") % {"name": made}}
    return {"new": form}


def _touch(shelf: Shelf, caller: Caller, typed: Any, act: str, key: UUID) -> dict[str, Any]:
    row = next((one for one in shelf.rows(caller.workspace) if one.pk == key), None)
    if row is None:
        raise Http404
    try:
        if act == "remove":
            shelf.remove(caller, key)
            return {"told": _("Removed: %(name)s.") % {"name": row}}
        form = shelf.make(caller.workspace, row, typed)
        if form.is_valid():
            try:
                shelf.change(caller, key, form.cleaned_data)
                return {"saved": key}
            except Refused as refused:
                form.refuse(refused)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return {"open": key, "form": form}


def _id(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        raise Http404 from error


def _shown(shelf: Shelf, caller: Caller, said: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows: every row with its form, the one that was refused with what was typed."""
    kept, opened = said.get("form"), said.get("open")
    rows = [
        {
            "row": row,
            "form": kept if row.pk == opened else shelf.make(caller.workspace, row, None),
            "open": row.pk == opened,
            "saved": row.pk == said.get("saved"),
            "made": row.pk == said.get("made"),
        }
        for row in shelf.rows(caller.workspace)
    ]
    new = said.get("new")
    return {
        "rows": rows,
        "new": new or shelf.make(caller.workspace, None, None),
        "new_open": new is not None or not rows,
        "told": said.get("told", ""),
    }

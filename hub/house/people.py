"""People: who works here, as what and how much; asking others to join, and taking somebody's place away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import invitations, letters, people as house, second_factor
from hub.access import Caller, require
from hub.house.forms import InviteForm, MemberForm, ids, words
from hub.models import MemberInvitation, Membership, Role, Workspace
from hub.refusal import Refused, TooLate

PAGE, ONE = "hub/house/people.html", "hub/house/person.html"
Shown = dict[str, Any]


@never_cache
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Show everybody who works here and who was asked to."""
    return render(request, PAGE, _everybody(require(request, Role.ADMIN)))


def _everybody(caller: Caller) -> Shown:
    rows = Membership.objects.of(caller.workspace).select_related("user").prefetch_related("teams")
    members = sorted(rows, key=lambda row: str(row.user).casefold())
    secured = second_factor.who_has(row.user_id for row in members)
    asked = invitations.pending(caller).select_related("invited_by").prefetch_related("teams").order_by("-created_at")
    now = timezone.now()
    return {
        "members": [{"row": row, "secured": row.user_id in secured} for row in members],
        "factor_required": second_factor.required(caller.workspace),
        "asked": [{"row": row, "stale": row.expires_at < now} for row in asked],
        "form": InviteForm(caller.workspace, initial={"language": get_language()}),
    }


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Ask somebody to join; answer with the list of who was asked, and the link, shown once."""
    caller = require(request, Role.ADMIN)
    form = InviteForm(caller.workspace, request.POST)
    said: Shown = {"form": form}
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = invitations.invite(caller, given["email"], given["role"], ids(given["teams"]))
        except Refused as refused:
            form.refuse(refused)
        else:
            said = _sent(made, given["language"])
    return _answer(request, caller, said)


@require_POST
def invitation(request: HttpRequest, invitation: UUID) -> HttpResponse:
    """Send an invitation again or take it back, as ``act`` says."""
    caller = require(request, Role.ADMIN)
    try:
        if request.POST.get("act") == "renew":
            return _answer(request, caller, _sent(invitations.renew(caller, invitation), get_language() or ""))
        if request.POST.get("act") == "revoke":
            invitations.revoke(caller, invitation)
            return _answer(request, caller, {"told": _("The invitation was taken back: its link works no longer.")})
    except MemberInvitation.DoesNotExist as error:
        raise Http404 from error
    except TooLate as late:
        return _answer(request, caller, {"told": late.sentence})
    return HttpResponseBadRequest("Unknown act.")


def _sent(made: invitations.Invited, language: str) -> Shown:
    """Send the letter, now that everything is kept, and show the link once beside it."""
    return {"link": letters.address_of(made), "email": made.row.email, "sent": letters.send_invitation(made, language)}


def _answer(request: HttpRequest, caller: Caller, said: Shown) -> HttpResponse:
    context = _everybody(caller) | said
    return render(request, f"{PAGE}#invitations" if getattr(request, "htmx", False) else PAGE, context)


def _member(workspace: Workspace, key: UUID) -> Membership:
    row = Membership.objects.of(workspace).select_related("user", "workspace").filter(pk=key).first()
    if row is None:
        raise Http404
    return row


@never_cache
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, member: UUID) -> HttpResponse:
    """Show a member; a POST changes their role, teams, capacity, skills and languages."""
    caller = require(request, Role.ADMIN)
    row = _member(caller.workspace, member)
    form, saved = MemberForm(row, request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        wanted = house.MemberChange(
            role=given["role"],
            teams=ids(given["teams"]),
            capacity=given["capacity"],
            skills=words(given["skills"]),
            languages=tuple(given["languages"]),
        )
        try:
            house.change_member(caller, row.pk, wanted)
            row, saved = _member(caller.workspace, member), _("Saved.")
            form = MemberForm(row)
        except Refused as refused:
            form.refuse(refused)
    secured = second_factor.has_one(row.user)
    context = {"member": row, "form": form, "saved": saved, "secured": secured, "is_oneself": row.user == caller.user}
    part = "#work" if request.method == "POST" and getattr(request, "htmx", False) else ""
    return render(request, f"{ONE}{part}", context)


@never_cache
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, member: UUID) -> HttpResponse:
    """Say what removing a member ends and what stays, and do it when that is confirmed."""
    caller = require(request, Role.ADMIN)
    row = _member(caller.workspace, member)
    wrong = ""
    if request.method == "POST":
        try:
            house.remove_member(caller, row.pk)
        except Refused as refused:
            wrong = refused.sentence
        else:
            messages.success(request, _("%(name)s no longer belongs here.") % {"name": row.user})
            return redirect("settings_people")
    return render(request, "hub/house/person_remove.html", {"member": row, "wrong": wrong})

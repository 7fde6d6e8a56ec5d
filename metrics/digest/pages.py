"""The pages of digests: all of them, one with its preview, and the way out for who does not want it any more."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.access import Caller, require
from hub.models import Role
from metrics.digest.due import last_due
from metrics.digest.forms import DigestForm
from metrics.digest.letter import SALT, compose
from metrics.models import Digest

PAGE = "metrics/plans/digest.html"
SCHEDULE = {"weekday", "hour", "zone", "is_on"}


@never_cache
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """Show every digest."""
    caller = require(request, Role.SUPERVISOR)
    rows = Digest.objects.of(caller.workspace).annotate(readers=Count("recipients")).order_by("name")
    return render(request, "metrics/plans/digests.html", {"digests": rows})


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a digest and keep it."""
    caller = require(request, Role.SUPERVISOR)
    form = DigestForm(caller.workspace, None, request.POST or None, translation.get_language() or "")
    if request.method == "POST" and form.is_valid():
        row = _keep(caller, Digest(workspace=caller.workspace, owner=caller.user), form)
        messages.success(request, _("The letter is kept; this is how it will look."))
        return redirect("digest", row.pk)
    return render(request, PAGE, {"form": form})


@never_cache
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, digest: UUID) -> HttpResponse:
    """Show a digest with its letter as it would go out now; take in a change."""
    caller = require(request, Role.SUPERVISOR)
    row = _digest(caller, digest)
    form = DigestForm(caller.workspace, row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        _keep(caller, row, form)
        messages.success(request, _("The letter is kept; this is how it will look."))
        return redirect("digest", row.pk)
    row = _digest(caller, digest)
    letter = compose(row, last_due(row, timezone.now()))
    return render(request, PAGE, {"form": form, "digest": row, "letter": letter})


@require_POST
def remove(request: HttpRequest, digest: UUID) -> HttpResponse:
    """Remove a digest."""
    caller = require(request, Role.SUPERVISOR)
    _digest(caller, digest).delete()
    messages.success(request, _("The letter is not sent any more."))
    return redirect("digests")


@never_cache
@csrf_exempt  # mail programs post here by themselves; the signed address is what counts
@login_not_required
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether a reader gives the letter up, and on POST let them: reading the address alone changes nothing."""
    try:
        given = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise Http404 from error
    digest = Digest.objects.select_related("workspace").filter(pk=given["digest"]).first()
    if digest is None:
        raise Http404
    with translation.override(digest.language):
        if request.method == "POST":
            digest.recipients.remove(*digest.recipients.filter(pk=given["member"]))
        return render(request, "metrics/plans/leave.html", {"digest": digest, "is_gone": request.method == "POST"})


def _digest(caller: Caller, digest: UUID) -> Digest:
    row = Digest.objects.of(caller.workspace).select_related("workspace").filter(pk=digest).first()
    if row is None:
        raise Http404
    return row


def _keep(caller: Caller, row: Digest, form: DigestForm) -> Digest:
    given = form.cleaned_data
    weekday = int(given["weekday"]) if given["weekday"] else None
    if row._state.adding or SCHEDULE & set(form.changed_data):
        row.since = timezone.now()  # what was due before under other hours is not sent now
    for name in ("name", "metrics", "hour", "zone", "language", "is_on"):
        setattr(row, name, given[name])
    row.weekday = weekday
    with transaction.atomic():
        row.save()
        row.recipients.set(given["recipients"])
    return row

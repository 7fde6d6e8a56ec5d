"""Keeping dashboards: a page of figures under a name, for oneself or for everybody who may see figures."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hub.access import require
from hub.models import Role
from metrics.models import SavedDashboard

LONGEST_NAME, LONGEST_WORDS = 60, 2_000


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the page the form names; back to it. A name that is taken is kept anew."""
    caller = require(request, Role.SUPERVISOR)
    name, page, said = (request.POST.get(field, "").strip() for field in ("name", "page", "words"))
    is_ours = _is_ours(page)
    back = f"{page if is_ours else reverse('metrics')}?{said}"
    if (
        caller.user is None
        or not is_ours
        or not name
        or len(name) > LONGEST_NAME
        or len(said) > LONGEST_WORDS
        or "\0" in name + said
    ):
        messages.error(request, _("A name of at most %(n)s letters is needed.") % {"n": LONGEST_NAME})
        return redirect(back)
    try:
        with transaction.atomic():
            SavedDashboard.objects.update_or_create(
                workspace=caller.workspace,
                owner=caller.user,
                name=name,
                defaults={"page": page, "words": said, "is_shared": "shared" in request.POST},
            )
    except IntegrityError:  # the same name at the same moment
        messages.error(request, _("This name was just taken."))
        return redirect(back)
    messages.success(request, _("Kept as %(name)s.") % {"name": name})
    return redirect(back)


@require_POST
def change(request: HttpRequest, saved: UUID) -> HttpResponse:
    """Name a dashboard of one's own otherwise, and share it or no more; to it."""
    caller = require(request, Role.SUPERVISOR)
    row = get_object_or_404(SavedDashboard.objects.of(caller.workspace), pk=saved, owner=caller.user)
    name = request.POST.get("name", "").strip()
    back = f"{row.page}?{row.words}"
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        messages.error(request, _("A name of at most %(n)s letters is needed.") % {"n": LONGEST_NAME})
        return redirect(back)
    row.name, row.is_shared = name, "shared" in request.POST
    try:
        with transaction.atomic():
            row.save(update_fields=["name", "is_shared"])
    except IntegrityError:
        messages.error(request, _("Another page is kept under this name."))
        return redirect(back)
    messages.success(request, _("Kept as %(name)s.") % {"name": name})
    return redirect(back)


@require_POST
def forget(request: HttpRequest, saved: UUID) -> HttpResponse:
    """Forget a dashboard of one's own."""
    caller = require(request, Role.SUPERVISOR)
    get_object_or_404(SavedDashboard.objects.of(caller.workspace), pk=saved, owner=caller.user).delete()
    return redirect("metrics")


def _is_ours(page: str) -> bool:
    """Whether an address is one of the pages of figures."""
    if not page.startswith(reverse("metrics")):
        return False
    try:
        return resolve(page).url_name in {"metrics", "board", "agent-figures", "metric"}
    except Resolver404:
        return False

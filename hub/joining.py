"""The page an invitation leads to: who asks, an account for somebody new, and on into the inbox."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from hub import invitations
from hub.models import MemberInvitation, User
from hub.refusal import Refused, TooLate

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


class JoinForm(forms.Form):
    """What somebody new tells: their name and the password they choose."""

    name = forms.CharField(max_length=invitations.NAME_LENGTH)
    password = forms.CharField(widget=forms.PasswordInput, strip=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["name"].label = _("Your name")
        self.fields["name"].widget.attrs |= {"autocomplete": "name"}
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = _("At least 12 characters.")
        self.fields["password"].widget.attrs |= {"autocomplete": "new-password"}


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Show who asks whom; a POST lets them in. A link that works no longer says so."""
    row = invitations.found(secret)
    if row is None:
        return render(request, "hub/join_gone.html", status=410)
    known = User.objects.filter(email__iexact=row.email).first()
    somebody_else = request.user.is_authenticated and request.user != known
    form = None if known else JoinForm(request.POST or None)
    context = {"invitation": row, "known": known, "somebody_else": somebody_else, "form": form}
    if request.method == "GET" or somebody_else or (form is not None and not form.is_valid()):
        return render(request, "hub/join.html", context)
    try:
        joined = _let_in(secret, form)
    except TooLate:
        return render(request, "hub/join_gone.html", status=410)
    except Refused as refused:
        assert form is not None, "somebody known is asked nothing"
        form.add_error(refused.field, refused.sentence)
        return render(request, "hub/join.html", context)
    return _onward(request, row, joined)


def _let_in(secret: str, form: JoinForm | None) -> invitations.Joined:
    if form is None:
        return invitations.accept(secret)
    given = form.cleaned_data
    return invitations.accept(
        secret, name=given["name"], password=given["password"], language=(get_language() or "")[:8]
    )


def _onward(request: HttpRequest, row: MemberInvitation, joined: invitations.Joined) -> HttpResponse:
    """Lead to the inbox: somebody new is signed in, somebody known signs in as always, by their own password."""
    if joined.new:
        login(request, joined.user, backend=BACKEND)
    elif not request.user.is_authenticated:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('inbox')})}")
    request.session["workspace"] = str(row.workspace_id)
    return redirect("inbox")

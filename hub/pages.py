"""The front door and what belongs to no room."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from hub.problems import refuse


@login_not_required
def front(request: HttpRequest) -> HttpResponse:
    """Send people to the inbox, or to sign in."""
    return redirect("inbox" if request.user.is_authenticated else "account_login")


def broken(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours: to programs in the form of the API, to people on a page."""
    if request.path.startswith("/api/"):
        return refuse(500, _("Something went wrong here. It was written down; sending the same again may help."))
    return server_error(request)

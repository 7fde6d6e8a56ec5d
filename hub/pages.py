"""The front door and what belongs to no room."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


@login_not_required
def front(request: HttpRequest) -> HttpResponse:
    """Send people to the inbox, or to sign in."""
    return redirect("inbox" if request.user.is_authenticated else "account_login")

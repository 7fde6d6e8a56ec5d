"""Being let in: a browser that was signed in already; what is asked at the door has tests of its own."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext

from hub.models import User


def let_in(browser: BrowserContext, base_url: str, email: str = "julia@casaaurora.example") -> None:
    """Give a browser the session of somebody who signed in."""
    client = Client()
    client.force_login(User.objects.get(email=email))
    name = settings.SESSION_COOKIE_NAME
    browser.add_cookies([{"name": name, "value": client.cookies[name].value, "url": base_url}])

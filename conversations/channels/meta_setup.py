"""What every channel of Meta needs to be connected: the app's secret, a token, and the handshake of its webhook."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from conversations.channels.setup import Field

APP_SECRETS = Field(
    name="app_secrets",
    kind="secrets",
    title=gettext_noop("App secret"),
    help=gettext_noop("At developers.facebook.com, open your app: App settings → Basic → App secret → Show."),
    required=True,
    max_length=2000,
)
ACCESS_TOKEN = Field(
    name="access_token",
    kind="secret",
    title=gettext_noop("Access token"),
    help=gettext_noop(
        "Business settings → System users → Generate token. Take one that never expires; a token of the test page ends after a day."
    ),
    required=True,
    max_length=2000,
)
VERIFY_TOKEN = Field(
    name="verify_token",
    kind="secret",
    title=gettext_noop("Verify token"),
    help=gettext_noop("Meta shows it when it knocks for the first time. Leave it empty and we make one up."),
    made=True,
    max_length=2000,
)
SECRETS = (APP_SECRETS, ACCESS_TOKEN, VERIFY_TOKEN)

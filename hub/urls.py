"""The addresses of the house."""

from django.urls import include, path

from hub import health, joining, pages, prometheus
from metrics.rates import pages as rates
from metrics.wallboard import settings as board

urlpatterns = [
    path("", pages.front, name="front"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("internal/prometheus", prometheus.exposition),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("me/", include("hub.me_urls")),
    path("settings/", include("hub.house.urls")),
    path("join/<str:secret>/", joining.join, name="join"),
    path("api/", include("hub.api_urls")),
    path("", include("conversations.urls")),
    path("settings/board/", board.targets, name="settings_board"),
    path("settings/rates/", rates.rates, name="settings_rates"),
    path("wallboard/", include("metrics.wallboard.urls")),
    path("metrics/", include("metrics.plans_urls")),
    path("metrics/", include("metrics.urls")),
]
handler500 = "hub.pages.broken"

"""The addresses of the house."""

from django.urls import include, path

from hub import health, pages, prometheus

urlpatterns = [
    path("", pages.front, name="front"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("internal/prometheus", prometheus.exposition),
    path("accounts/", include("allauth.account.urls")),
    path("me/", include("hub.me_urls")),
    path("api/", include("hub.api_urls")),
    path("", include("conversations.urls")),
    path("metrics/", include("metrics.urls")),
]

"""The API's addresses: version 1, its schema and its pages."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from hub import hours_api, own, schema

urlpatterns = [
    path("schema/", login_not_required(SpectacularAPIView.as_view(permission_classes=[])), name="schema"),
    path("docs/", schema.docs, name="docs"),
    path("v1/hours", hours_api.HoursList.as_view()),
    path("v1/hours/<uuid:hours_id>", hours_api.HoursDetail.as_view()),
    path("v1/me/settings", own.OwnSettings.as_view()),
    path("v1/", include("conversations.api.urls")),
    path("v1/", include("conversations.api.workplace_urls")),
    path("v1/", include("conversations.api.automation_urls")),
    path("v1/", include("metrics.api_urls")),
    path("v1/", schema.nowhere),
    path("v1/<path:rest>", schema.nowhere),
]

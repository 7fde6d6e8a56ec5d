"""The API's addresses: version 1, its schema and its pages."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

urlpatterns = [
    path("schema/", login_not_required(SpectacularAPIView.as_view(permission_classes=[])), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("v1/", include("conversations.api.urls")),
    path("v1/", include("metrics.api_urls")),
]

"""The pages of the figures."""

from django.urls import path

from metrics import views

urlpatterns = [
    path("", views.overview, name="metrics"),
    path("<slug:name>/", views.metric, name="metric"),
]

"""The pages of the story."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

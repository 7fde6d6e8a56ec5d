"""The addresses of the house's settings."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

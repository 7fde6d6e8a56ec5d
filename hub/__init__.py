"""Wiring and who-may: settings, servers, people, workspaces and the design system."""

from hub.celery import app as celery_app

__all__ = ["celery_app"]

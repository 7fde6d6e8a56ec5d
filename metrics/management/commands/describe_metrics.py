"""``manage.py describe_metrics``: the documentation of every figure, from the registry."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from metrics.catalogue import page


class Command(BaseCommand):
    """Print the documentation of every figure in Markdown, as kept in ``docs/metrics.md``."""

    help = "Print the documentation of every figure, as kept in docs/metrics.md."
    requires_system_checks: tuple[()] = ()

    def handle(self, **_options: Any) -> None:
        """Write the page."""
        self.stdout.write(page(), ending="")

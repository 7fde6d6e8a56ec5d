"""``manage.py relay``: from NOTIFY to Celery, and a drain of its own when nobody comes."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from conversations.relay import Relay


class Command(BaseCommand):
    """Run the relay until SIGTERM or SIGINT."""

    help = "Wake the workers when there is work; drain when the broker is away or the backlog is old."
    requires_system_checks = []  # they ask the database for its version, and the relay must outlive its absence

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped."""
        relay = Relay()
        signal.signal(signal.SIGTERM, relay.stop)
        signal.signal(signal.SIGINT, relay.stop)
        relay.run()

"""The story as an app of Django: it hears who leaves the house."""

from __future__ import annotations

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    """The story."""

    name = "conversations"

    def ready(self) -> None:
        """Hear who leaves."""
        from conversations import leaving  # its models are there only now

        leaving.listen()

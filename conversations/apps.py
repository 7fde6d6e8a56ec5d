"""The story as an app of Django: it hears who leaves the house."""

from __future__ import annotations

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    """The story."""

    name = "conversations"

    def ready(self) -> None:
        """Hear who leaves, and tell the house which kinds of channel there are."""
        from django.utils.translation import gettext as _

        from conversations import leaving  # its models are there only now
        from conversations.channels.registry import CHANNELS
        from hub import kinds

        leaving.listen()
        kinds.tell(lambda: [(kind, _(adapter.title) if adapter.title else kind) for kind, adapter in CHANNELS.items()])

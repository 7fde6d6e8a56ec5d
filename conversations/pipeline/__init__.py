"""The one place that composes the rooms: items into history, messages to their providers."""

from conversations.pipeline.inbound import work_pending
from conversations.pipeline.outbound import send_pending

__all__ = ["send_pending", "work_pending"]

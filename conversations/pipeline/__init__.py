"""The one place that composes the rooms: items into history, messages to their providers, files from them."""

from conversations.pipeline.files import fetch_pending
from conversations.pipeline.inbound import work_pending
from conversations.pipeline.outbound import send_pending

__all__ = ["fetch_pending", "send_pending", "work_pending"]

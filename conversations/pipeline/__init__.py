"""The one place that composes the rooms: items into history, messages to their providers, files from them."""

from conversations.pipeline.files import fetch_pending
from conversations.pipeline.inbound import parse_and_work, work_pending
from conversations.pipeline.outbound import send_pending

__all__ = ["fetch_pending", "parse_and_work", "send_pending", "work_pending"]

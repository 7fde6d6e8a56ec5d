"""The one place that composes the rooms: items into history, messages to their providers, files from them."""

from conversations.pipeline.announced import look_up_pending
from conversations.pipeline.files import fetch_pending
from conversations.pipeline.inbound import anything_waits, parse_and_work, work_pending
from conversations.pipeline.outbound import keep_sending, send_pending
from conversations.pipeline.probing import probe_stopped

__all__ = [
    "anything_waits",
    "fetch_pending",
    "keep_sending",
    "look_up_pending",
    "parse_and_work",
    "probe_stopped",
    "send_pending",
    "work_pending",
]

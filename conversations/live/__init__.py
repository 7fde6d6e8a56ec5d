"""The live feed: server-sent events over the feed's sequence, fanned out in memory."""

from conversations.live.application import Live

__all__ = ["Live"]

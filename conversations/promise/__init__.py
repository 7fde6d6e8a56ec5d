"""Promises: which policy holds for a conversation, what is due next and when, what is at risk, broken or kept, told once."""

from conversations.promise.clock import look, watched_workspaces
from conversations.promise.following import FOLLOW, refresh_where_stale

__all__ = ["FOLLOW", "look", "refresh_where_stale", "watched_workspaces"]

"""Alerts: when supervisors want to be told, and the one incident of each rule while it holds, with its cause."""

from conversations.alerts.looking import look, take, watched_workspaces

__all__ = ["look", "take", "watched_workspaces"]

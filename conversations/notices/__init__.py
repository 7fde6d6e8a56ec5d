"""Notices: telling members whose browser is closed that something is theirs; who and what kind, never what was said."""

from conversations.notices.subscribing import subscribe, unsubscribe
from conversations.notices.telling import tell_some

__all__ = ["subscribe", "tell_some", "unsubscribe"]

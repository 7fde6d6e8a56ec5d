"""Search: people and messages found by what one remembers of them, accents and typing errors forgiven."""

from conversations.search.find import Asked, Found, Hit, messages
from conversations.search.index import follow, keep
from conversations.search.people import people

__all__ = ["Asked", "Found", "Hit", "follow", "keep", "messages", "people"]

"""Search: people and messages found by what one remembers of them, accents and typing errors forgiven."""

from conversations.search.find import Asked, Found, Hit, messages
from conversations.search.index import follow, keep
from conversations.search.people import people
from conversations.search.vocabulary import forget

__all__ = ["Asked", "Found", "Hit", "follow", "forget", "keep", "messages", "people"]

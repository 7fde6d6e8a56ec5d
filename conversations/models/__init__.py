"""The story's rows: who wrote on what, what was said, what happened, and what still waits."""

from conversations.models.connection import Channel, Connection
from conversations.models.conversation import Conversation
from conversations.models.customer import Customer, Identity
from conversations.models.delivery import Delivery, Item, Lane, ParkedItem
from conversations.models.feed import FeedEvent, FeedHead
from conversations.models.history import HistoryEvent
from conversations.models.message import Attachment, Message, MessageStatus, Reaction
from conversations.models.outbox import OutboxEntry

__all__ = [
    "Attachment",
    "Channel",
    "Connection",
    "Conversation",
    "Customer",
    "Delivery",
    "FeedEvent",
    "FeedHead",
    "HistoryEvent",
    "Identity",
    "Item",
    "Lane",
    "Message",
    "MessageStatus",
    "OutboxEntry",
    "ParkedItem",
    "Reaction",
]

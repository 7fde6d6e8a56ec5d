"""The story's rows: who wrote on what, what was said, what happened, and what still waits."""

from conversations.models.connection import Channel, Connection
from conversations.models.conversation import Conversation
from conversations.models.customer import Customer, Identity
from conversations.models.delivery import Delivery, Item, Lane, ParkedItem
from conversations.models.exchange import Exchange
from conversations.models.feed import FeedEvent, FeedHead
from conversations.models.history import HistoryEvent
from conversations.models.invitation import Invitation
from conversations.models.merge import Merge, Suggestion
from conversations.models.message import Attachment, Message, MessageStatus, Reaction
from conversations.models.outbox import Budget, Gesture, OutboxEntry
from conversations.models.template import Template

__all__ = [
    "Attachment",
    "Budget",
    "Channel",
    "Connection",
    "Conversation",
    "Customer",
    "Delivery",
    "Exchange",
    "FeedEvent",
    "FeedHead",
    "Gesture",
    "HistoryEvent",
    "Identity",
    "Invitation",
    "Item",
    "Lane",
    "Merge",
    "Message",
    "MessageStatus",
    "OutboxEntry",
    "ParkedItem",
    "Reaction",
    "Suggestion",
    "Template",
]

"""The story's rows: who wrote on what, what was said, what happened, and what still waits."""

from conversations.models.automation import Bot, BotCall, Follower, Rule, RuleRun
from conversations.models.connection import Channel, Connection
from conversations.models.conversation import Conversation
from conversations.models.customer import Customer, Identity
from conversations.models.delivery import Delivery, Item, Lane, ParkedItem
from conversations.models.erasure import Erasure
from conversations.models.exchange import Exchange
from conversations.models.feed import FeedEvent, FeedHead
from conversations.models.history import HistoryEvent
from conversations.models.importing import ImportJob, ImportRefusal
from conversations.models.invitation import Invitation
from conversations.models.merge import Merge, Suggestion
from conversations.models.message import Attachment, Message, MessageStatus, Reaction
from conversations.models.outbox import Budget, Gesture, OutboxEntry
from conversations.models.promise import AlertRule, Incident, KioskLink, PushSubscription, SlaPolicy
from conversations.models.search import SearchEntry, SearchWord
from conversations.models.survey import Survey, SurveyRequest
from conversations.models.template import Template
from conversations.models.workplace import Attention, CannedReply, CustomField, Draft, Label, Macro, Mention, SavedView

__all__ = [
    "AlertRule",
    "Attachment",
    "Attention",
    "Bot",
    "BotCall",
    "Budget",
    "CannedReply",
    "Channel",
    "Connection",
    "Conversation",
    "CustomField",
    "Customer",
    "Delivery",
    "Draft",
    "Erasure",
    "Exchange",
    "FeedEvent",
    "FeedHead",
    "Follower",
    "Gesture",
    "HistoryEvent",
    "Identity",
    "ImportJob",
    "ImportRefusal",
    "Incident",
    "Invitation",
    "Item",
    "KioskLink",
    "Label",
    "Lane",
    "Macro",
    "Mention",
    "Merge",
    "Message",
    "MessageStatus",
    "OutboxEntry",
    "ParkedItem",
    "PushSubscription",
    "Reaction",
    "Rule",
    "RuleRun",
    "SavedView",
    "SearchEntry",
    "SearchWord",
    "SlaPolicy",
    "Suggestion",
    "Survey",
    "SurveyRequest",
    "Template",
]

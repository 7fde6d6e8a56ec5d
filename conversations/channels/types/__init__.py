"""The closed vocabulary between channels and the rest of the house: what came in, what goes out, what came of it.

Every channel turns a vendor's words into these frozen values and nothing foreign travels further.
"""

from __future__ import annotations

from conversations.channels.types.incoming import (
    AccountNotice,
    AnyItem,
    AttachmentRef,
    Download,
    Happened,
    Here,
    IdentityChanged,
    Invalid,
    Item,
    MessageAnnounced,
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageImported,
    MessageReceived,
    Parsed,
    ReactionChanged,
    ReceivedLater,
    StatusChanged,
    StatusUpTo,
    TemplateNews,
)
from conversations.channels.types.outgoing import (
    FileRule,
    Outbound,
    OutboundFile,
    Pace,
    SendRefused,
    SendUnknown,
    Sent,
)
from conversations.channels.types.provider import (
    Checked,
    Credentials,
    Provider,
    RawRequest,
)
from conversations.channels.types.words import (
    Address,
    Error,
    ErrorClass,
    MessageKind,
    Person,
    Status,
)

__all__ = [
    "AccountNotice",
    "Address",
    "AnyItem",
    "AttachmentRef",
    "Checked",
    "Credentials",
    "Download",
    "Error",
    "ErrorClass",
    "FileRule",
    "Happened",
    "Here",
    "IdentityChanged",
    "Invalid",
    "Item",
    "MessageAnnounced",
    "MessageDeleted",
    "MessageEchoed",
    "MessageEdited",
    "MessageImported",
    "MessageKind",
    "MessageReceived",
    "Outbound",
    "OutboundFile",
    "Pace",
    "Parsed",
    "Person",
    "Provider",
    "RawRequest",
    "ReactionChanged",
    "ReceivedLater",
    "SendRefused",
    "SendUnknown",
    "Sent",
    "Status",
    "StatusChanged",
    "StatusUpTo",
    "TemplateNews",
]

"""The shapes of answers, for the schema: what `represent` returns, said once more for machines."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from conversations.channels.registry import CHANNELS
from conversations.models import Conversation
from conversations.models.message import KINDS, STATUS_RANK
from hub.problems import CONTENT_TYPE

CHANNEL_KINDS = sorted(CHANNELS)
LIMIT = OpenApiParameter("limit", OpenApiTypes.INT, description="How many rows, 1 to 200; 50 when not given.")
CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="The place in the list, from `next` or `previous`.")
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Makes the request safe to send again: the same key and body get the same answer.",
)


def parameters(**kinds: Any) -> list[OpenApiParameter]:
    """Return the parameters of a list: the filters given, then cursor and limit."""
    return [*(OpenApiParameter(name, kind) for name, kind in kinds.items()), LIMIT, CURSOR]


def answers(
    shape: type[serializers.Serializer[Any]] | serializers.Serializer[Any] | None, *refusals: int, status: int = 200
) -> dict[int | tuple[int, str], Any]:
    """Return what an operation answers: its shape, and a problem for each refusal; without a right to ask, always one."""
    found: dict[int | tuple[int, str], Any] = {status: shape}
    return found | {(code, CONTENT_TYPE): ProblemShape for code in (*refusals, 401, 403)}


class Shape(serializers.Serializer[Any]):
    """A shape; in the schema it goes by its name without the word."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_override(cls, "component_name", cls.__name__.removesuffix("Shape"))

    @classmethod
    def shown(cls, row: Any) -> dict[str, Any]:
        """Return a row as this shape, whose fields are then its columns."""
        return dict(cls(row).data)


class Moment(serializers.DateTimeField):
    """A time in ISO-8601, UTC, written as everywhere."""

    def to_representation(self, value: datetime) -> str:
        """Return the time."""
        return value.astimezone(UTC).isoformat()


@cache
def page_of(shape: type[Shape]) -> serializers.Serializer[Any]:
    """Return the shape of one page of a list."""
    name = f"{shape.__name__.removesuffix('Shape')}Page"
    return inline_serializer(
        name,
        {
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": shape(many=True),
        },
    )


class ProblemShape(Shape):
    """Why a request was refused."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(required=False)  # type: ignore[assignment]  # the contract's word


class IdentityShape(Shape):
    """An address a person writes from; `customer` is whose it is, if people were joined."""

    customer = serializers.UUIDField()
    kind = serializers.CharField()
    value = serializers.CharField()
    channel_kind = serializers.CharField(allow_blank=True)
    username = serializers.CharField(allow_blank=True)
    verified = serializers.BooleanField()
    replaced_at = serializers.DateTimeField(allow_null=True)


class CustomerShape(Shape):
    """A person.

    `absorbed` are the customers who count as this one; whoever asks for one of those gets this one, with `merged_into`.
    """

    id = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    merged_into = serializers.UUIDField(allow_null=True)
    absorbed = serializers.ListField(child=serializers.UUIDField())
    identities = IdentityShape(many=True)
    attributes = serializers.DictField()
    created_at = serializers.DateTimeField()


class AuthorShape(Shape):
    """Who said or did it."""

    kind = serializers.CharField()
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_blank=True)


class AttachmentShape(Shape):
    """A file of a message."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    mime_type = serializers.CharField(allow_blank=True)
    filename = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField(allow_null=True)
    url = serializers.URLField(allow_null=True)
    thumbnail_url = serializers.URLField(allow_null=True)
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    voice = serializers.BooleanField()
    state = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class FailureShape(Shape):
    """Why a message was not delivered."""

    code = serializers.CharField()
    title = serializers.CharField()
    retryable = serializers.BooleanField()


class ReactionShape(Shape):
    """An emoji under a message."""

    emoji = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()


class MessageShape(Shape):
    """Something said."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    customer = serializers.UUIDField()
    channel = serializers.UUIDField()
    channel_kind = serializers.CharField()
    direction = serializers.ChoiceField(["inbound", "outbound"])
    author = AuthorShape()
    kind = serializers.ChoiceField(KINDS)
    text = serializers.CharField(allow_blank=True)
    payload = serializers.DictField()
    attachments = AttachmentShape(many=True)
    provider_id = serializers.CharField(allow_null=True)
    client_id = serializers.CharField(allow_null=True)
    sent_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    seq = serializers.IntegerField()
    reply_to = serializers.UUIDField(allow_null=True)
    referral = serializers.DictField(allow_null=True)
    status = serializers.ChoiceField(list(STATUS_RANK))
    error = FailureShape(allow_null=True)
    reactions = ReactionShape(many=True)
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)


class AgentShape(Shape):
    """Who answers."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField(allow_blank=True)


class TeamShape(Shape):
    """People who answer together."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class SpeakingBotShape(Shape):
    """The bot that may speak in a conversation until a person takes over."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class TouchedChannelShape(Shape):
    """A channel a conversation ran over; of a kind of its own where history from outside names one."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()


class PreviewShape(Shape):
    """Of a message what a list shows."""

    id = serializers.UUIDField()
    direction = serializers.ChoiceField(["inbound", "outbound"])
    author_kind = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    text = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(list(STATUS_RANK))
    sent_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)


class LabelOnShape(Shape):
    """A label that is on a conversation."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    color = serializers.CharField()


class DueShape(Shape):
    """What was promised next, and when it is due."""

    kind = serializers.ChoiceField(["first_response", "next_response", "resolution"])
    at = serializers.DateTimeField()
    state = serializers.ChoiceField(["calm", "risk", "late"])


class MentionedShape(Shape):
    """A member whom a note of the conversation names, and whether they have seen it."""

    agent = serializers.UUIDField()
    seen = serializers.BooleanField()


class ConversationShape(Shape):
    """One episode of service."""

    id = serializers.UUIDField()
    customer = serializers.UUIDField()
    customer_name = serializers.CharField(allow_blank=True)
    folded_into = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(Conversation.Status.values)
    assignee = AgentShape(allow_null=True)
    team = TeamShape(allow_null=True)
    channels = TouchedChannelShape(many=True)
    channel_kinds = serializers.ListField(child=serializers.CharField())
    last_channel = serializers.UUIDField(allow_null=True)
    opened_at = serializers.DateTimeField()
    first_response_at = serializers.DateTimeField(allow_null=True)
    waiting_since = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    reopened_count = serializers.IntegerField()
    last_inbound_at = serializers.DateTimeField(allow_null=True)
    last_message_at = serializers.DateTimeField(allow_null=True)
    last_message = PreviewShape(allow_null=True)
    unread = serializers.IntegerField()
    route_reason = serializers.DictField(allow_null=True)
    labels = LabelOnShape(many=True)
    priority = serializers.IntegerField(min_value=0, max_value=4)
    language = serializers.CharField(allow_null=True)
    attributes = serializers.DictField()
    bot = SpeakingBotShape(allow_null=True)
    due = DueShape(allow_null=True)
    mentions = MentionedShape(many=True)


class TimelineEntryShape(Shape):
    """A message with the fields of a message, or an event with those of an event, beside `type` and `at`."""

    type = serializers.ChoiceField(["message", "event"])
    at = serializers.DateTimeField()
    id = serializers.CharField()
    conversation = serializers.UUIDField(allow_null=True)
    customer = serializers.UUIDField(allow_null=True)
    channel = serializers.UUIDField(allow_null=True)
    channel_kind = serializers.CharField(allow_null=True)
    event = serializers.CharField(required=False)
    source = serializers.CharField(required=False)  # type: ignore[assignment]  # the contract's word
    actor = AuthorShape(required=False)
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # the contract's word

    def get_fields(self) -> dict[str, Any]:
        """Return these, and those of a message, which an event lacks."""
        said = MessageShape().get_fields()
        for field in said.values():
            field.required = False
        return {**said, **super().get_fields()}

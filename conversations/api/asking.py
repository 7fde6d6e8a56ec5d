"""What the API takes in: the bodies of its requests, and the people and teams they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from conversations.channels.registry import CHANNELS, PROVIDERS
from conversations.models import Conversation
from hub.inputs import CANONICAL_UUID, Choice, Id, Instant, Text, allowed
from hub.models import Team, User, Workspace

SECRET_LENGTH = 2000


class Secrets(serializers.ListField):
    """Several secrets, all valid at once, so that one can replace another."""

    child = Text(max_length=SECRET_LENGTH)


class OneOf(Choice):
    """A name that a registry knows when it is asked, not when this was read."""

    def __init__(self, names: Callable[[], list[str]], **kwargs: Any) -> None:
        super().__init__(names(), **kwargs)
        self.names = names

    def to_internal_value(self, data: Any) -> Any:
        """Return the name."""
        if not isinstance(data, str) or data not in self.names():
            raise ValidationError(allowed(self.names()))
        return data


def kinds() -> list[str]:
    """Return the kinds of channel there are."""
    return sorted(CHANNELS)


def providers() -> list[str]:
    """Return who delivers webhooks."""
    return sorted(PROVIDERS)


class ConnectionInput(serializers.Serializer[Any]):
    """An account with a provider: the id of one that exists, or the secrets of a new one."""

    id = Id(required=False, allow_null=True)
    provider = OneOf(providers, required=False)
    app_secrets = Secrets(required=False, max_length=10, write_only=True)
    verify_token = Text(required=False, max_length=SECRET_LENGTH, allow_blank=True, write_only=True)
    access_token = Text(required=False, max_length=SECRET_LENGTH, allow_blank=True, write_only=True)
    account_sid = Text(required=False, max_length=SECRET_LENGTH, allow_blank=True, write_only=True)
    auth_tokens = Secrets(required=False, max_length=10, write_only=True)
    identity_keys = Secrets(required=False, max_length=10, write_only=True)


class ChannelInput(serializers.Serializer[Any]):
    """A channel to open."""

    kind = OneOf(kinds)
    name = Text(max_length=120)
    address = Text(max_length=120, required=False, allow_blank=True, allow_null=True)
    connection = ConnectionInput(required=False, allow_null=True)
    settings = serializers.DictField(required=False, allow_null=True)


class ChannelChange(serializers.Serializer[Any]):
    """What may change of a channel: its name, its settings (null takes one away), and the secrets of its connection."""

    name = Text(max_length=120, required=False)
    connection = ConnectionInput(required=False)
    settings = serializers.DictField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what would make it another channel."""
        fixed = [name for name in ("kind", "address") if name in self.initial_data]
        if fixed:
            raise ValidationError({name: _("Cannot be changed: open another channel.") for name in fixed})
        connection = attrs.get("connection", {})
        if "id" in connection or "provider" in connection:
            raise ValidationError({"connection": _("A channel stays on its connection; only secrets can be replaced.")})
        return attrs


class AssignInput(serializers.Serializer[Any]):
    """Who shall have the conversation: an e-mail address or id, a team's name or id, or null for nobody.

    `expected_assignee` is whom the asker saw there; if somebody else took it meanwhile, nothing changes.
    """

    assignee = Text(required=False, allow_null=True, max_length=254)
    team = Text(required=False, allow_null=True, max_length=80)
    expected_assignee = Text(required=False, allow_null=True, max_length=254)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an assignment to nothing."""
        if not {"assignee", "team"} & attrs.keys():
            raise ValidationError({"assignee": _("Name an assignee, a team, or null for nobody.")})
        return attrs


class SnoozeInput(serializers.Serializer[Any]):
    """When to come back to it."""

    until = Instant()


def member_named(workspace: Workspace, field: str, word: str | None) -> User | None:
    """Return the member with this e-mail address or id; 400 when the workspace has none. ``None`` is nobody."""
    if word is None:
        return None
    by = {"pk": UUID(word)} if CANONICAL_UUID.fullmatch(word) else {"email__iexact": word}
    user = User.objects.filter(memberships__workspace=workspace, is_active=True, **by).first()
    if user is None:
        raise ValidationError({field: _("There is no such member here.")})
    return user


def team_named(workspace: Workspace, field: str, word: str | None) -> Team | None:
    """Return the team with this name or id; 400 when the workspace has none. ``None`` is no team."""
    if word is None:
        return None
    by = {"pk": UUID(word)} if CANONICAL_UUID.fullmatch(word) else {"name": word}
    team = Team.objects.of(workspace).filter(**by).first()
    if team is None:
        raise ValidationError({field: _("There is no such team here.")})
    return team


STATUSES = Conversation.Status.values

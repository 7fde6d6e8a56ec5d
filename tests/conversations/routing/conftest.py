"""A shop that gives out what comes by itself, and its people signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from conversations import presence, tasks
from conversations.act import act
from conversations.models import Channel, Conversation
from hub.models import Membership, Team, User, Workspace
from tests import factories


class Shop(msgspec.Struct, frozen=True):
    """Where a test happens."""

    place: Workspace
    team: Team
    line: Channel

    def agent(self, name: str, *, online: bool = True, **fields: Any) -> User:
        """A member of the team who is there."""
        user = factories.member(self.place, email=f"{name.lower()}@example.com", name=name)
        Membership.objects.filter(user=user).update(**fields)
        self.team.members.add(Membership.objects.get(user=user))
        if online:
            act(self.place.pk, lambda: presence.say(self.place, user.pk, "online"))
        return user

    def talk(
        self, *, minutes: float = 0, team: bool = True, line: Channel | None = None, **fields: Any
    ) -> Conversation:
        """A conversation that waits in the team's queue for so many minutes."""
        at = timezone.now() - timedelta(minutes=minutes)
        fields = {"team": self.team if team else None, "queued_at": at, "opened_at": at} | fields
        row = factories.conversation(self.place, **fields)
        factories.message(row, line or self.line, minutes_ago=minutes)
        return row

    def work(self, *, by_clock: bool = False) -> dict[str, int]:
        """Let a worker look once."""
        return tasks.route(by_clock=by_clock)


def signed_in(user: User) -> APIClient:
    """The browser of a member, who reads English."""
    api = APIClient(headers={"accept-language": "en"})
    api.force_login(user)
    return api


def pass_minutes(row: Conversation, minutes: float) -> Conversation:
    """Let a conversation have been where it is for so long."""
    row.refresh_from_db()
    ago = timezone.now() - timedelta(minutes=minutes)
    for field in ("waiting_since", "assigned_at", "queued_at"):
        if getattr(row, field):
            setattr(row, field, min(ago, getattr(row, field)))
    if row.route_reason:
        row.route_reason = {**row.route_reason, "at": ago.isoformat()}
    row.save()
    return row


@pytest.fixture
def shop(db: None) -> Shop:
    """A shop with a team that gives to the least busy, and to who knows the customer."""
    place = factories.workspace()
    team = factories.team(place)
    team.routing = {"method": "least_busy", "sticky": True, "silent_minutes": 5}
    team.save()
    return Shop(place, team, factories.channel(place))

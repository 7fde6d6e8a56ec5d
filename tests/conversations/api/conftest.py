"""A shop that is asked over the API: its workspace, a program with every right, and a customer who wrote."""

from __future__ import annotations

import msgspec
import pytest
from rest_framework.test import APIClient

from conversations.models import Channel, Conversation
from hub.models import Workspace
from tests import factories


class Shop(msgspec.Struct, frozen=True):
    """Where a test happens."""

    place: Workspace
    api: APIClient
    line: Channel
    talk: Conversation


@pytest.fixture
def shop(db: None) -> Shop:
    """A shop in whose only conversation a customer has said hello and waits."""
    place = factories.workspace()
    line = factories.channel(place)
    talk = factories.conversation(place)
    factories.message(talk, line)
    return Shop(place, factories.client(factories.token(place)), line, talk)

"""A workspace with people to tell stories about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from conversations.models import Conversation, Customer
from hub.models import Workspace
from metrics.aggregate import derive_pending
from metrics.query import Figure
from tests.metrics.stories import DAY, story, write

type Tell = Callable[..., Conversation]


@pytest.fixture
def workspace(transactional_db: None) -> Workspace:
    """Return a workspace in São Paulo; committed, because derive only looks at what is committed."""
    return Workspace.objects.create(slug="loja", name="Loja")


@pytest.fixture
def tell(workspace: Workspace) -> Tell:
    """Return a function that gives a new customer a conversation with this story."""

    def told(text: str, day: datetime = DAY, customer: Customer | None = None) -> Conversation:
        person = customer or Customer.objects.create(workspace=workspace, name="Bia")
        conversation = Conversation.objects.create(
            workspace=workspace, customer=person, status="resolved", opened_at=day, resolved_at=day
        )
        write(conversation, story(text, day))
        return conversation

    return told


def derive_all() -> int:
    """Derive until nothing waits; return how many conversations were looked at."""
    total = 0
    while some := derive_pending():
        total += some
    return total


def percentiles_of(figure: Figure) -> list[float | None]:
    """Return the percentiles of a figure, which are of type 7, and its largest."""
    return [figure.p50, figure.p75, figure.p90, figure.p95, figure.max]

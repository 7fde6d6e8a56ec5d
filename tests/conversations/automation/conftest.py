"""A shop whose followers hear what really came in through the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from conversations import automation, heed
from conversations.models import Rule
from tests.conversations.conftest import Shop, drain, new_shop, store


@pytest.fixture
def shop() -> Shop:
    """The shop of a test; its rows are committed, because followers hear only what is."""
    return new_shop()


def hear() -> None:
    """Let everybody hear what happened, and work what comes of it."""
    drain()
    heed.heed(20)


@pytest.fixture
def said(shop: Shop) -> Callable[..., None]:
    """Let customers write, and everybody hear it."""

    def arrive(*bodies: bytes) -> None:
        for body in bodies:
            store(shop, body)
            hear()

    return arrive


def rule(shop: Shop, event: str, actions: list[dict[str, Any]], *conditions: dict[str, Any], name: str = "") -> Rule:
    """Keep a rule and switch it on."""
    plan = automation.Plan(
        name=name or f"{event} {Rule.objects.count()}", event=event, conditions=conditions, actions=actions, active=True
    )
    with transaction.atomic():
        return automation.keep(shop.workspace, plan)

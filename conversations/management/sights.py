"""What a house saw of its agents itself, as history: a planned past has no screen that would tell it, and no system outside does."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from conversations import history
from conversations.models import HistoryEvent
from conversations.wake import wake
from hub.models import User, Workspace
from simulator.company import DESK, Sight


def keep(workspace: Workspace, seen: Sequence[Sight]) -> None:
    """Write presence and attention into a history whose conversations were told before; what was written once stays once.

    What was looked at in a conversation that nobody has told is left out.
    """
    messages = {sight.message for sight in seen if sight.message}
    known = HistoryEvent.objects.of(workspace).filter(source=DESK, external_id__in=messages)
    talks = {key: about for key, *about in known.values_list("external_id", "conversation_id", "customer_id")}
    people = dict(User.objects.filter(memberships__workspace=workspace).values_list("email", "pk"))
    rows = []
    for sight in seen:
        if sight.message and sight.message not in talks:
            continue
        conversation, customer = talks.get(sight.message, (None, None))
        rows.append(
            HistoryEvent(
                workspace=workspace,
                customer_id=customer,
                conversation_id=conversation,
                type=sight.type,
                occurred_at=sight.at,
                received_at=sight.at,
                external_id=sight.key,
                actor_kind="agent",
                actor_id=people.get(sight.agent),
                actor_email=sight.agent,
                data={**sight.data, "by": "agent"},
            )
        )
    with transaction.atomic():
        history.record(rows)
        wake("metrics")

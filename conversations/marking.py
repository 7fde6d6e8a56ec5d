"""Marking a conversation: labels, priority, waiting for somebody else, unread again. Done once, whoever presses twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import history
from conversations.feed import Change
from conversations.history import Actor
from conversations.holding import asks_again
from conversations.models import Conversation, HistoryEvent, Label
from conversations.refusal import Refused, TooLate
from conversations.triage import Moved
from hub.models import Workspace
from hub.routing import rules_of

PRIORITIES = ("none", "low", "medium", "high", "urgent")  # by the number a conversation keeps
MOST_LABELS = 20
Status = Conversation.Status


def label(
    workspace: Workspace, conversation_id: UUID, actor: Actor, add: Sequence[UUID] = (), remove: Sequence[UUID] = ()
) -> Moved:
    """Put labels on and take others off; what is so already stays. Raises ``Refused`` for a label that is not here.

    What still waits for somebody is sorted again if a rule of routing names a label put on.
    """
    known = {row.pk: row for row in Label.objects.of(workspace).filter(pk__in=[*add, *remove])}
    for field, ids in (("add", add), ("remove", remove)):
        if missing := [one for one in ids if one not in known]:
            raise Refused(field, _("There is no label %(id)s here.") % {"id": missing[0]})
    row = Conversation.objects.of(workspace).locked(conversation_id)
    new = [one for one in dict.fromkeys(add) if one not in row.label_ids]
    gone = [one for one in dict.fromkeys(remove) if one in row.label_ids and one not in new]
    if not new and not gone:
        return Moved(row)
    row.label_ids = [one for one in row.label_ids if one not in gone] + new
    if len(row.label_ids) > MOST_LABELS:
        raise Refused("add", _("A conversation has at most %(limit)d labels.") % {"limit": MOST_LABELS})
    named = {rule.when.label for rule in rules_of(workspace)} if new else set()
    again = asks_again(row, [one for one in new if one in named])
    row.save(update_fields=["label_ids", "route_reason"])
    now = timezone.now()
    words = [("conversation.labeled", one) for one in new] + [("conversation.unlabeled", one) for one in gone]
    done = _moved(row, [_event(row, word, actor, now, known[one]) for word, one in words])
    return msgspec.structs.replace(done, work=(*done.work, "route")) if again else done


def _event(row: Conversation, word: str, actor: Actor, now: Any, one: Label) -> HistoryEvent:
    return history.happened(row, word, now, actor, data={"label": one.name, "label_id": str(one.pk)})


def prioritize(
    workspace: Workspace, conversation_id: UUID, actor: Actor, priority: int, expected: int | None = None
) -> Moved:
    """Set how much it matters (0 not at all … 4 at once). Raises ``TooLate`` when it is neither that nor ``expected``."""
    row = Conversation.objects.of(workspace).locked(conversation_id)
    if row.priority == priority:
        return Moved(row)
    if expected is not None and row.priority != expected:
        raise TooLate(_("Somebody else has changed the priority meanwhile."))
    before, row.priority = row.priority, priority
    row.save(update_fields=["priority"])
    data = {"priority": priority, "before": before}
    return _moved(row, [history.happened(row, "conversation.prioritized", timezone.now(), actor, data=data)])


def pend(workspace: Workspace, conversation_id: UUID, actor: Actor) -> Moved:
    """Say that it waits for somebody else than us. Raises ``TooLate`` when it is resolved."""
    row = Conversation.objects.of(workspace).locked(conversation_id)
    if row.status == Status.RESOLVED:
        raise TooLate(_("This conversation is resolved: reopen it first."))
    if row.status == Status.PENDING:
        return Moved(row)
    row.status, row.snoozed_until = Status.PENDING, None
    row.save(update_fields=["status", "snoozed_until"])
    return _moved(row, [history.happened(row, "conversation.pending", timezone.now(), actor)])


def mark_unread(workspace: Workspace, conversation_id: UUID) -> Moved:
    """Say that it shall be looked at again. History does not tell of it, nor does the customer learn."""
    row = Conversation.objects.of(workspace).locked(conversation_id)
    if row.unread:
        return Moved(row)
    row.unread = 1
    row.save(update_fields=["unread"])
    return Moved(row, (Change("conversation.updated", row.pk, row.pk),))


def _moved(row: Conversation, events: Sequence[HistoryEvent]) -> Moved:
    history.record(events)
    return Moved(row, (Change("conversation.updated", row.pk, row.pk),), ("metrics",))

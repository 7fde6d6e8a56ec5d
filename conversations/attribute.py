"""Custom fields of a person or a conversation, filled in by hand: only what the workspace has defined, as it defined it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import history
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Conversation, Customer, CustomField, HistoryEvent
from conversations.refusal import Refused
from conversations.triage import Moved
from conversations.wake import Work
from conversations.workplace.fields import fitting
from hub.models import Workspace


class Filled(msgspec.Struct, frozen=True):
    """What the feed tells of a person whose fields changed."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def fill_customer(workspace: Workspace, customer_id: UUID, actor: Actor, values: Mapping[str, Any]) -> Filled:
    """Set these fields of the person, None empties one. Needs a transaction. Raises ``Refused``, ``Customer.DoesNotExist``."""
    person = Customer.objects.of(workspace).person(customer_id)
    row = Customer.objects.of(workspace).select_for_update(no_key=True).get(pk=person.pk, erased_at=None)
    after = _after(workspace, "customer", row.attributes, values)
    changed = _changed(row.attributes, after)
    if not changed:
        return Filled()
    row.attributes = after
    row.save(update_fields=["attributes"])
    at = timezone.now()
    history.record(
        [
            HistoryEvent(
                workspace_id=row.workspace_id,
                customer=row,
                type="customer.field_changed",
                occurred_at=at,
                actor_kind=actor.kind,
                actor=actor.user,
                actor_email=actor.user.email if actor.user else "",
                data={"field": key, "by": actor.kind},
            )
            for key in changed
        ]
    )
    return Filled((Change("customer.updated", row.pk),), ("metrics",))


def fill_conversation(workspace: Workspace, conversation_id: UUID, actor: Actor, values: Mapping[str, Any]) -> Moved:
    """Set these fields of the conversation, None empties one. Needs a transaction. Raises ``Refused``, ``DoesNotExist``."""
    row = Conversation.objects.of(workspace).locked(conversation_id)
    after = _after(workspace, "conversation", row.attributes, values)
    changed = _changed(row.attributes, after)
    if not changed:
        return Moved(row)
    row.attributes = after
    row.save(update_fields=["attributes"])
    at = timezone.now()
    history.record(
        [history.happened(row, "conversation.field_changed", at, actor, data={"field": key}) for key in changed]
    )
    return Moved(row, (Change("conversation.updated", row.pk, row.pk),), ("metrics",))


def _after(workspace: Workspace, of: str, before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return all fields with the new values. Raises ``Refused`` (field ``attributes.<key>``) for one that does not fit."""
    known = {field.key: field for field in CustomField.objects.of(workspace).filter(of=of, key__in=values)}
    after = dict(before)
    for key, value in values.items():
        if key not in known:
            raise Refused(f"attributes.{key}", _("There is no such field."))
        try:
            fit = fitting(known[key], value)
        except Refused as error:
            raise Refused(f"attributes.{key}", error.sentence) from error
        if fit is None:
            after.pop(key, None)
        else:
            after[key] = fit
    return after


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    missing = object()
    keys = dict.fromkeys([*before, *after])
    return [key for key in keys if before.get(key, missing) != after.get(key, missing)]

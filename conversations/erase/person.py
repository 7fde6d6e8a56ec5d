"""The act: the rows of one person go in one transaction, and what figures stand on stays as nobody's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from conversations import attention, history, search
from conversations.erase.history import forget_evidence, keep_figures
from conversations.erase.known import Traces, names_of, words_of
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import (
    Attachment,
    BotCall,
    Budget,
    Channel,
    Conversation,
    Customer,
    Draft,
    Erasure,
    Exchange,
    HistoryEvent,
    Identity,
    Invitation,
    Message,
    RuleRun,
    Suggestion,
    SurveyRequest,
)
from conversations.wake import Work
from hub.models import Workspace


class Erased(msgspec.Struct, frozen=True):
    """The entry of the register, and what the feed tells; nothing when the person was erased before."""

    erasure: Erasure
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


class _Person(NamedTuple):
    """Who is erased, held until the transaction ends: their customers, conversations and messages."""

    workspace: Workspace
    root: UUID
    customers: list[UUID]
    talks: Sequence[Conversation]
    messages: dict[UUID, tuple[UUID, str | None]]  # the channel and the provider's id of each

    @property
    def talk_ids(self) -> list[UUID]:
        return [talk.pk for talk in self.talks]


def of_person(workspace: Workspace, customer_id: UUID) -> Erasure | None:
    """Return the entry of the register for the person a customer counted as, if they were erased."""
    roots = Customer.objects.of(workspace).filter(pk=customer_id).values(root=Coalesce("merged_into", "pk"))
    return Erasure.objects.of(workspace).filter(customer__in=roots).select_related("by").first()


def erase(workspace: Workspace, customer_id: UUID, reason: str, actor: Actor) -> Erased:
    """Erase the person a customer counts as. Needs a transaction; once done it is done, whoever asks again.

    Raises ``Customer.DoesNotExist``. Holds customers, conversations and messages in the house's order: whoever works an item
    of theirs waits, finds nobody behind it, and begins again with somebody new.
    """
    held = Customer.objects.of(workspace).locked_people([customer_id])
    if customer_id not in held:
        done = of_person(workspace, customer_id)
        if done is None:
            raise Customer.DoesNotExist
        return Erased(done)
    person = _held(workspace, held[customer_id], sorted(held))
    now = timezone.now()
    traces = _traces(person)
    row = Erasure(workspace=workspace, customer_id=person.root, reason=reason, by=actor.user, at=now)
    row.keep(msgspec.to_builtins(traces))
    row.save()
    said = {key: (channel, its) for key, (channel, its) in person.messages.items() if its is not None}
    keep_figures(workspace, person.customers, person.talk_ids, said, traces)
    forget_evidence(workspace, person.customers)
    search.forget(workspace.pk, person.messages)
    left = attention.let_go(workspace, person.talk_ids)
    _take_rows(person)
    _leave_nobody(person, now)
    history.record(_told(person, row, actor, now))
    changes = [*left.changes, *(Change("conversation.updated", key, key) for key in person.talk_ids)]
    changes += [Change("customer.updated", key) for key in person.customers]
    return Erased(row, tuple(changes), ("metrics", "erasure"))


def _held(workspace: Workspace, root: UUID, customers: list[UUID]) -> _Person:
    """Lock the conversations and messages of customers who are locked."""
    rows = Conversation.objects.of(workspace).filter(customer__in=customers).order_by("pk")
    talks = list(rows.select_for_update(no_key=True))
    # Not even a row that points at one may come in between: what search wrote meanwhile would outlive its message.
    theirs = Message.objects.of(workspace).filter(Q(customer__in=customers) | Q(conversation__in=talks))
    said = theirs.order_by("pk").select_for_update().values_list("pk", "channel", "provider_id")
    return _Person(workspace, root, customers, talks, {key: (channel, its) for key, channel, its in said})


def _traces(person: _Person) -> Traces:
    """Return by what the person is known in journals and storage."""
    people = Customer.objects.of(person.workspace).filter(pk__in=person.customers)
    addresses = list(Identity.objects.of(person.workspace).filter(customer__in=person.customers))
    files = Attachment.objects.of(person.workspace).filter(message__in=person.messages)
    channels = Channel.objects.of(person.workspace).values_list("pk", flat=True)
    return Traces(
        words=words_of(addresses),
        names=names_of(people.values_list("name", flat=True)),
        lanes=[f"{channel}:{row.value}" for channel in channels for row in addresses],
        files=[name for pair in files.values_list("stored_as", "thumbnail") for name in pair if name],
    )


def _take_rows(person: _Person) -> None:
    """Delete what says who they are, what was said, and what was begun for them."""
    place, customers, talks = person.workspace, person.customers, person.talk_ids
    addresses = Identity.objects.of(place).filter(customer__in=customers)
    channels = {channel for channel, _ in person.messages.values()}
    senders = [*addresses.values_list("pk", flat=True), *customers]
    Budget.objects.of(place).filter(key__in=[f"{channel}:{one}" for channel in channels for one in senders]).delete()
    Draft.objects.of(place).filter(conversation__in=talks).delete()
    BotCall.objects.of(place).filter(conversation__in=talks).delete()
    RuleRun.objects.of(place).filter(conversation__in=talks).delete()
    SurveyRequest.objects.of(place).filter(customer__in=customers).delete()
    Suggestion.objects.of(place).filter(Q(customer__in=customers) | Q(other__in=customers)).delete()
    Invitation.objects.of(place).filter(customer__in=customers).delete()
    Exchange.objects.of(place).filter(message_id__in=person.messages).delete()
    Message.objects.of(place).filter(pk__in=person.messages).delete()
    addresses.delete()


def _leave_nobody(person: _Person, now: datetime) -> None:
    """Leave customers and conversations as what figures count by, without anything of the person; what was open is over."""
    Conversation.objects.of(person.workspace).filter(pk__in=person.talk_ids).update(
        erased=True, status=Conversation.Status.RESOLVED, resolved_at=Coalesce("resolved_at", Value(now)), attributes={},
        waiting_since=None, queued_at=None, snoozed_until=None, unread=0, last_message=None, last_message_at=None,
        route_reason=None, sla_policy=None, due_at=None, due_kind="", due_told="", bot=None,
    )  # fmt: skip
    Customer.objects.of(person.workspace).filter(pk__in=person.customers).update(name="", attributes={}, erased_at=now)


def _told(person: _Person, row: Erasure, actor: Actor, now: datetime) -> list[HistoryEvent]:
    """Return the events of it: what was open ended, and the person was erased."""
    data = {"reason": "erased"}
    open_ones = [
        talk for talk in person.talks if talk.status != Conversation.Status.RESOLVED and not talk.folded_into_id
    ]
    ended = [history.happened(talk, "conversation.resolved", now, actor, data=data) for talk in open_ones]
    erased = HistoryEvent(
        workspace=person.workspace,
        customer_id=person.root,
        type="customer.erased",
        occurred_at=now,
        actor_kind=actor.kind,
        actor=actor.user,
        actor_email=actor.user.email if actor.user else "",
        data={"erasure": str(row.pk), "reason": row.reason, "by": actor.kind},
    )
    return [*ended, erased]

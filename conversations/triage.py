"""Moving a conversation: assign, resolve, reopen, snooze, mark as seen. Each is done once, whoever presses twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import history, holding
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Conversation, Customer, HistoryEvent
from conversations.refusal import Refused, TooLate
from conversations.wake import Work
from hub.models import Membership, Team, User, Workspace

LONGEST_SNOOZE = timedelta(days=366)
Status = Conversation.Status


class Keep(msgspec.Struct, frozen=True):
    """Says of a part of an assignment that it stays as it is, where ``None`` means nobody."""


class Moved(msgspec.Struct, frozen=True):
    """The conversation after a move, and what the feed tells of it; no changes when it was so already."""

    conversation: Conversation
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


class Awoken(msgspec.Struct, frozen=True):
    """How many conversations came back from their snooze, and what the feed tells of them."""

    count: int
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who shall have it. ``expected`` is whom the asker saw there: somebody else by now means too late."""

    assignee: User | None | Keep = Keep()
    team: Team | None | Keep = Keep()
    expected: User | None | Keep = Keep()


def assign(workspace: Workspace, conversation_id: UUID, actor: Actor, assignment: Assignment) -> Moved:
    """Give the conversation to a person, a team, both or nobody. Raises ``TooLate`` when ``expected`` is no longer there."""
    row = Conversation.objects.of(workspace).locked(conversation_id)
    expected = assignment.expected
    if not isinstance(expected, Keep) and row.assignee not in {expected, assignment.assignee}:
        holder = str(row.assignee) if row.assignee else _("nobody")
        raise TooLate(_("This conversation belongs to %(name)s by now.") % {"name": holder})
    assignee = row.assignee if isinstance(assignment.assignee, Keep) else assignment.assignee
    team = row.team if isinstance(assignment.team, Keep) else assignment.team
    if (assignee, team) == (row.assignee, row.team):
        return Moved(row)
    now, had, elsewhere = timezone.now(), row.assignee, team != row.team
    row.team = team
    if assignee is None:
        holding.released(row, now, reason="transfer" if elsewhere else "returned", by=str(had.pk) if had else None)
    elif had is None or assignee.pk != had.pk:
        if not Membership.objects.of(workspace).filter(user=assignee, user__is_active=True).exists():
            raise Refused("assignee", _("There is no such member here."))
        holding.taken_by_hand(row, assignee, now, actor.user, actor.name)
    row.save(update_fields=holding.HELD)
    return _moved(row, history.assigned(row, now, actor))


def resolve(workspace: Workspace, conversation_id: UUID, actor: Actor) -> Moved:
    """Say that the episode is over."""
    row = Conversation.objects.of(workspace).locked(conversation_id)
    if row.status == Status.RESOLVED:
        return Moved(row)
    now = timezone.now()
    row.status, row.resolved_at = Status.RESOLVED, now
    waited = {"waiting_since": row.waiting_since.isoformat()} if row.waiting_since else {}
    row.waiting_since = row.snoozed_until = row.queued_at = None
    row.save(update_fields=["status", "resolved_at", "waiting_since", "snoozed_until", "queued_at"])
    return _moved(row, history.happened(row, "conversation.resolved", now, actor, data=waited))


def reopen(workspace: Workspace, conversation_id: UUID, actor: Actor, *, undo: bool = False) -> Moved:
    """Take the episode up again, from resolved, snoozed or pending. Raises ``TooLate`` when a newer one has begun.

    With ``undo`` it was resolved by mistake: the customer waits for as long as they did before.
    """
    owner = Conversation.objects.of(workspace).that_stands(conversation_id).customer_id
    people = Customer.objects.of(workspace).locked_people([owner])
    row = Conversation.objects.of(workspace).locked(conversation_id)
    if row.status in {Status.OPEN, Status.WAITING}:
        return Moved(row)
    was_resolved = row.status == Status.RESOLVED
    others = Conversation.objects.of(workspace).standing().unresolved().filter(customer__in=people)
    if was_resolved and others.exists():
        raise TooLate(_("A newer conversation of this customer is open: go on there."))
    if undo and was_resolved:
        row.waiting_since = _waited(row)
    row.status, row.resolved_at, row.snoozed_until = _awake(row), None, None
    row.reopened_count += was_resolved
    if row.assignee_id is None:
        row.queued_at = row.queued_at or timezone.now()
    try:
        with transaction.atomic():
            row.save(
                update_fields=["status", "resolved_at", "snoozed_until", "reopened_count", "queued_at", "waiting_since"]
            )
    except IntegrityError as error:
        raise TooLate(_("A newer conversation of this customer is open: go on there.")) from error
    word = "conversation.reopened" if was_resolved else "conversation.unsnoozed"
    return _moved(row, history.happened(row, word, timezone.now(), actor))


def snooze(workspace: Workspace, conversation_id: UUID, actor: Actor, until: datetime) -> Moved:
    """Lay the episode aside until then. Raises ``Refused`` for a time that is past or too far, ``TooLate`` when resolved."""
    now = timezone.now()
    if until <= now:
        raise Refused("until", _("Must be in the future."))
    if until > now + LONGEST_SNOOZE:
        raise Refused("until", _("May be at most a year away."))
    row = Conversation.objects.of(workspace).locked(conversation_id)
    if row.status == Status.RESOLVED:
        raise TooLate(_("This conversation is resolved: reopen it first."))
    if row.status == Status.SNOOZED and row.snoozed_until == until:
        return Moved(row)
    row.status, row.snoozed_until = Status.SNOOZED, until
    row.save(update_fields=["status", "snoozed_until"])
    return _moved(row, history.happened(row, "conversation.snoozed", now, actor, data={"until": until.isoformat()}))


def mark_seen(workspace: Workspace, conversation_id: UUID) -> Moved:
    """Say that somebody of the house has read it all. History does not tell of it."""
    row = Conversation.objects.of(workspace).locked(conversation_id)
    if row.unread == 0:
        return Moved(row)
    row.unread = 0
    row.save(update_fields=["unread"])
    return Moved(row, (Change("conversation.updated", row.pk, row.pk),))


def awaken(workspace: Workspace, limit: int = 200) -> Awoken:
    """Take up the conversations whose snooze is over, at most ``limit``; one that somebody holds waits for the next time."""
    now = timezone.now()
    due = (
        Conversation.objects.of(workspace)
        .standing()
        .filter(status=Status.SNOOZED, snoozed_until__lte=now)
        .order_by("id")
    )
    rows = list(due.select_for_update(no_key=True, skip_locked=True)[:limit])
    for row in rows:
        row.status, row.snoozed_until = _awake(row), None
    Conversation.objects.bulk_update(rows, ["status", "snoozed_until"])
    rule = Actor(kind="rule")
    history.record([history.happened(row, "conversation.unsnoozed", now, rule) for row in rows])
    changes = tuple(Change("conversation.updated", row.pk, row.pk) for row in rows)
    return Awoken(len(rows), changes, ("metrics", "route") if rows else ())


def _waited(row: Conversation) -> datetime | None:
    """Return since when the customer waited when the episode was last resolved."""
    last = HistoryEvent.objects.of(row.workspace).filter(conversation=row, type="conversation.resolved").last()
    since = last.data.get("waiting_since") if last else None
    return datetime.fromisoformat(since) if since else row.waiting_since


def _awake(row: Conversation) -> str:
    """Return where a conversation stands that is taken up: still in the queue when nobody ever had or answered it."""
    untouched = row.waiting_since is not None and row.assignee_id is None and row.first_response_at is None
    return Status.WAITING if untouched else Status.OPEN


def _moved(row: Conversation, event: HistoryEvent) -> Moved:
    history.record([event])
    return Moved(row, (Change("conversation.updated", row.pk, row.pk),), ("metrics", "route"))

"""Looking whether a rule holds: an incident opens with its cause, follows its numbers, and closes when the cause is gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.feed import Change
from conversations.models import AlertRule, Conversation, Incident
from conversations.querysets.conversation import Conversations
from conversations.refusal import TooLate
from conversations.wake import Work
from hub.models import User, Workspace

KINDS = ("depth", "oldest_wait", "breach")
CARRIED = (Conversation.Status.WAITING, Conversation.Status.OPEN)


class Looked(msgspec.Struct, frozen=True):
    """Which incidents opened and closed, and what the feed tells."""

    opened: tuple[UUID, ...] = ()
    closed: tuple[UUID, ...] = ()
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


class Cause(msgspec.Struct, frozen=True):
    """What a rule measured: conversations or seconds, how many conversations are in it, the oldest of them and since when it waits."""

    value: int
    count: int
    oldest: UUID | None
    since: datetime | None

    def kept(self) -> dict[str, Any]:
        """Return it as an incident keeps it."""
        return {
            "value": self.value,
            "count": self.count,
            "conversation": str(self.oldest) if self.oldest else None,
            "since": self.since.isoformat() if self.since else None,
        }


def watched_workspaces() -> list[Workspace]:
    """Return the workspaces that want to be told of anything, or still are."""
    wanted = AlertRule.objects.filter(active=True).values("workspace")
    still = Incident.objects.filter(closed_at=None).values("workspace")
    return list(Workspace.objects.filter(Q(pk__in=wanted) | Q(pk__in=still)))


def look(workspace: Workspace) -> Looked:
    """Open, follow and close incidents as of now: a query for each rule. Whoever else looks meanwhile is waited for."""
    now = timezone.now()
    rules = list(AlertRule.objects.of(workspace).order_by("pk").select_for_update(no_key=True))
    open_ = {row.rule_id: row for row in Incident.objects.of(workspace).filter(closed_at=None)}
    opened, closed, changed = [], [], []
    for rule in rules:
        found, row = measure(rule, now), open_.get(rule.pk)
        holds = rule.active and found.value >= rule.threshold
        if holds and row is None:
            row = Incident.objects.create(workspace=workspace, rule=rule, opened_at=now, cause=found.kept())
            opened.append(row)
        elif row is not None and not holds:
            row.closed_at = now
            row.save(update_fields=["closed_at"])
            closed.append(row)
        elif row is not None and _moved(row.cause, found):
            row.cause = found.kept()
            row.save(update_fields=["cause"])
            changed.append(row)
    changes = tuple(Change("incident.updated", row.pk) for row in (*opened, *closed, *changed))
    return Looked(tuple(row.pk for row in opened), tuple(row.pk for row in closed), changes)


def measure(rule: AlertRule, now: datetime) -> Cause:
    """Return what a rule looks at: one or two queries.

    ``depth`` counts who waits for somebody, ``oldest_wait`` their longest wait in seconds, ``breach`` promises late or at risk.
    """
    rows = _watched(rule)
    if rule.kind == "breach":
        rows = rows.filter(due_at__isnull=False).filter(Q(due_at__lte=now) | ~Q(due_told="")).order_by("due_at", "pk")
        first = rows.values_list("pk", "waiting_since").first()
    else:
        rows = rows.filter(assignee=None, bot=None, queued_at__isnull=False, status__in=CARRIED)
        first = rows.order_by("queued_at", "pk").values_list("pk", "queued_at").first()
    count = rows.count()
    oldest, since = first or (None, None)
    waited = max(int((now - since).total_seconds()), 0) if since else 0
    return Cause(waited if rule.kind == "oldest_wait" else count, count, oldest, since)


def _watched(rule: AlertRule) -> Conversations:
    rows = Conversation.objects.of(rule.workspace).standing().unresolved()
    if rule.team_id:
        rows = rows.filter(team=rule.team_id)
    return rows.filter(last_channel__kind=rule.channel_kind) if rule.channel_kind else rows


def _moved(before: dict[str, Any], found: Cause) -> bool:
    """Whether an incident's cause is another one: a wait that only grows is told by the clock of who looks."""
    after = found.kept()
    return any(before.get(key) != after[key] for key in ("count", "conversation"))


class Taken(msgspec.Struct, frozen=True):
    """The incident that somebody sees to, and what the feed tells."""

    incident: Incident
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def take(workspace: Workspace, incident_id: UUID, user: User) -> Taken:
    """Let ``user`` see to an incident. Raises ``Incident.DoesNotExist``; ``TooLate`` when it is over or another one's."""
    rows = Incident.objects.of(workspace).select_for_update(no_key=True, of=("self",))
    row = rows.select_related("taken_by", "rule__team").get(pk=incident_id)
    if row.closed_at is not None:
        raise TooLate(_("This alert is over."))
    if row.taken_by_id not in {None, user.pk}:
        raise TooLate(_("%(name)s sees to it already.") % {"name": row.taken_by})
    if row.taken_by_id == user.pk:
        return Taken(row)
    row.taken_by = user
    row.save(update_fields=["taken_by"])
    return Taken(row, (Change("incident.updated", row.pk),))

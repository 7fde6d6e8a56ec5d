"""Saying that two customers who were suggested to be one person are two."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Suggestion
from conversations.refusal import TooLate
from conversations.wake import Work
from hub.models import Workspace


class Dismissed(msgspec.Struct, frozen=True):
    """What the feed tells of it; nothing when it was so already."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def dismiss(workspace: Workspace, suggestion_id: UUID, actor: Actor) -> Dismissed:
    """Let a suggestion rest for good. Raises ``Suggestion.DoesNotExist``, and ``TooLate`` when the two were joined."""
    row = Suggestion.objects.of(workspace).select_for_update(no_key=True).get(pk=suggestion_id)
    if row.state == "accepted":
        raise TooLate(_("The two were joined meanwhile: undo that instead."))
    if row.state == "dismissed":
        return Dismissed()
    row.state, row.decided_by, row.decided_at = "dismissed", actor.user, timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at"])
    return Dismissed(tuple(Change("customer.updated", one) for one in (row.customer_id, row.other_id)))

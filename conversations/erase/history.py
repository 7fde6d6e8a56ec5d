"""What stays of a person's history: that something happened, when and to what amount; never about whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import batched
from typing import Any
from uuid import UUID

from django.db.models import Q

from conversations import bulk, erased
from conversations.erase.known import Traces
from conversations.models import HistoryEvent, Merge, Suggestion
from hub.models import Workspace

EVENTS_AT_ONCE = 2_000
OURS = "novelo"
SAID = {"message.received", "message.sent"}
ABOUT_TWO = ("customer.merged", "customer.unmerged", "identity.suggested")
# Words of the house, of the contract and of catalogs; what is named nowhere here goes.
KEPT = frozenset({
    "agent", "agent_id", "amount", "author", "benefit", "by", "campaign", "code", "cost", "coupon", "currency", "due_at",
    "eligible", "from", "from_team", "from_team_id", "imported", "inherited", "kind", "label", "label_id", "merge", "of",
    "other", "owner", "pickup", "policy", "priority", "promise", "promised_at", "reason", "score", "stage", "store", "survey",
    "team", "team_id", "to", "touchpoint", "until", "value",
})  # fmt: skip
KEYS = frozenset({"cart", "link", "opportunity", "order", "request"})  # numbers elsewhere that lead to the person
MEMORY = "conversation"  # what a merge remembers of conversations, among its evidence: ids and states
OF_A_LINE = frozenset({"sku", "quantity", "cost"})


def keep_figures(
    workspace: Workspace,
    people: Collection[UUID],
    talks: Collection[UUID],
    said: Mapping[UUID, tuple[UUID, str]],
    traces: Traces,
) -> None:
    """Take what is personal out of the history of these customers and conversations, and out of others' where it names them.

    ``said`` are the channel and the provider's id by message: the event that tells of a message keeps their hash.
    """
    rows = HistoryEvent.objects.of(workspace).filter(Q(customer__in=people) | Q(conversation__in=talks))
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    left = dict(said)
    for some in batched(ids, EVENTS_AT_ONCE):
        events = HistoryEvent.objects.of(workspace).filter(pk__in=some).order_by("pk")
        bulk.update(
            HistoryEvent,
            ("id", "external_id", "data", "actor_email"),
            [(one.pk, _key(one, left), plain(one, traces), _of_the_house(one, traces)) for one in events],
        )
    _with_others(workspace, people)


def _key(event: HistoryEvent, said: dict[UUID, tuple[UUID, str]]) -> str | None:
    """Return what an event keeps of the id it was known by."""
    if event.external_id is not None:
        return erased.digest(*erased.of_event(event.source, event.external_id))
    if event.source == OURS and event.type in SAID and event.message_id in said:
        return erased.digest(*erased.of_message(*said.pop(event.message_id)))
    return None


def _of_the_house(event: HistoryEvent, traces: Traces) -> str:
    """Return the address of who did it, where that was not the person themselves."""
    is_theirs = event.actor_kind == "customer" or (event.actor_id is None and traces.are_in(event.actor_email))
    return "" if is_theirs else event.actor_email


def plain(event: HistoryEvent, traces: Traces) -> dict[str, Any]:
    """Return of an event's data what figures need: known words, amounts, and a hash of what only tells things apart."""
    found: dict[str, Any] = {}
    for name, value in event.data.items():
        if name in KEYS and isinstance(value, str | int):
            found[name] = erased.digest(name, event.source, str(value))
        elif name == "items" and isinstance(value, list):
            found[name] = [_line(one, traces) for one in value if isinstance(one, dict)]
        elif name in KEPT and _says_nothing(value, traces):
            found[name] = value
    return found


def _line(line: dict[str, Any], traces: Traces) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name in OF_A_LINE and _says_nothing(value, traces)}


def _says_nothing(value: Any, traces: Traces) -> bool:
    """Whether a value may stay: a number, a truth, nothing at all, or words that do not name the person."""
    if isinstance(value, str):
        return not traces.are_in(value)
    return value is None or isinstance(value, bool | int | float)


def _with_others(workspace: Workspace, people: Collection[UUID]) -> None:
    """Take the names and addresses of these people out of what history says of others whom they were taken for."""
    pairs = Merge.objects.of(workspace).about(people).values_list("survivor", "absorbed")
    likes = Suggestion.objects.of(workspace).filter(Q(customer__in=people) | Q(other__in=people))
    others = {one for pair in (*pairs, *likes.values_list("customer", "other")) for one in pair} - set(people)
    mine = [str(one) for one in people]
    events = HistoryEvent.objects.of(workspace).filter(customer__in=others, type__in=ABOUT_TWO, data__other__in=mine)
    bulk.update(HistoryEvent, ("id", "data"), [(one.pk, plain(one, Traces())) for one in events])


def forget_evidence(workspace: Workspace, people: Collection[UUID]) -> None:
    """Take out of merges that named these people what spoke for them; who was one with whom figures go on knowing."""
    for row in Merge.objects.of(workspace).about(people):
        row.evidence = {name: value for name, value in row.evidence.items() if name == MEMORY}
        row.save(update_fields=["evidence"])

"""An opened conversation as the inbox shows it: its thread over all channels and earlier episodes, its events, its person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q

from conversations import mention
from conversations.api import joined, reading, represent, ways
from conversations.api.represent import Shown
from conversations.models import Channel, Conversation, Customer, CustomField, HistoryEvent, Merge, Message
from hub.access import Caller
from hub.models import User, Workspace

MESSAGES_A_PAGE = 60
EARLIER_SHOWN = 20
OCCURRENCES_SHOWN = 8
EVENTS_SHOWN = (
    "conversation.assigned", "conversation.handoff", "conversation.queued", "conversation.resolved",
    "conversation.reopened", "conversation.snoozed", "conversation.unsnoozed", "conversation.pending",
    "conversation.labeled", "conversation.unlabeled", "conversation.prioritized", "conversation.field_changed",
    "sla.breached", "survey.sent", "survey.answered",
)  # fmt: skip
PEOPLE_SHOWN = ("customer.merged", "customer.unmerged")
# What comes from outside about a person, by the first word of its type.
OCCURRENCES = ("order.", "cart.", "payment_link.", "opportunity.", "benefit.", "store.visit", "survey.answered")
NAMED_BY = ("order", "opportunity", "benefit", "store")  # the fields of the contract that say which one it was


def thread(caller: Caller, conversation_id: UUID) -> Shown:
    """Return an opened conversation: itself, its newest messages and events, its customer and what came before.

    Raises ``Conversation.DoesNotExist``.
    """
    workspace = caller.workspace
    found = Conversation.objects.of(workspace).for_reading().that_stands(conversation_id)
    whole = Customer.objects.of(workspace).for_reading().whole(found.customer_id)
    before = (
        Conversation.objects.of(workspace)
        .standing()
        .filter(customer__in=whole)
        .exclude(pk=found.pk)
        .select_related("last_message__author")
        .order_by("-opened_at")
    )
    return {
        "conversation": represent.conversation(found, reading.channels_touched(workspace, [found])),
        "figures": figures(workspace, found),
        "ways": ways.of(caller, found),
        "mentioned": caller.user is not None and mention.unseen(workspace, found.pk, caller.user),
        "customer": represent.customer(whole[0]),
        "merges": merges(workspace, whole),
        "suggestions": reading.suggestions(workspace, whole),
        **messages(workspace, found, whole),
        "events": events(workspace, found, whole),
        "previous": [_earlier(row) for row in before[:EARLIER_SHOWN]],
        "occurrences": occurrences(workspace, whole),
        "fields": fields(workspace),
    }


def _earlier(row: Conversation) -> Shown:
    return {
        "id": str(row.pk),
        "status": row.status,
        "opened_at": represent.moment(row.opened_at),
        "last_message": represent.preview(row.last_message),
    }


def page_before(workspace: Workspace, conversation_id: UUID, before: UUID) -> Shown:
    """Return what stands above message ``before``: messages, also of earlier conversations, with the events of those.

    Raises ``Conversation.DoesNotExist``, ``Message.DoesNotExist``.
    """
    row = Conversation.objects.of(workspace).that_stands(conversation_id)
    whole = Customer.objects.of(workspace).whole(row.customer_id)
    page = messages(workspace, row, whole, before)
    return {**page, "events": _told(workspace, Q(conversation__in=list(page["episodes"]), type__in=EVENTS_SHOWN))}


def messages(
    workspace: Workspace, conversation: Conversation, whole: Sequence[Customer], before: UUID | None = None
) -> Shown:
    """Return the newest messages of a conversation in order, or those of the person before message ``before``.

    ``earlier`` says what came first: more of this conversation ("more"), earlier ones of the person ("person") or nothing
    (""). ``episodes`` are the earlier conversations on the page by id; ``quoted`` the messages quoted from outside of it.
    """
    group = Conversation.objects.of(workspace).group(conversation.pk)
    mine = Message.objects.of(workspace).filter(conversation__in=group)
    past = Conversation.objects.of(workspace).filter(customer__in=whole, opened_at__lt=conversation.opened_at)
    older = Message.objects.of(workspace).filter(customer__in=whole, conversation__in=past.exclude(pk__in=group))
    found = mine
    if before:
        found = Message.objects.of(workspace).filter(
            Q(conversation__in=group) | Q(conversation__in=past), customer__in=whole
        )
        edge = found.get(pk=before)
        found = found.filter(Q(shown_at__lt=edge.shown_at) | Q(shown_at=edge.shown_at, seq__lt=edge.seq))
    page = list(found.for_reading().in_order().reverse()[: MESSAGES_A_PAGE + 1])
    more, page = len(page) > MESSAGES_A_PAGE, page[:MESSAGES_A_PAGE][::-1]
    held = {row.pk for row in page}
    quoted = {row.reply_to_id for row in page if row.reply_to_id} - held
    return {
        "messages": [represent.message(row) for row in page],
        "quoted": list(reading.messages(workspace, quoted).values()) if quoted else [],
        "earlier": "more" if more else "person" if not before and older.exists() else "",
        "episodes": _episodes(
            workspace, {getattr(row, "stands_in", None) or row.conversation_id for row in page} - set(group)
        ),
    }


def _episodes(workspace: Workspace, ids: Iterable[UUID]) -> dict[str, Shown]:
    """Return earlier conversations by id: when each began, how it stands, over which kinds of channel it ran."""
    rows = list(Conversation.objects.of(workspace).filter(pk__in=list(ids)))
    channels = Channel.objects.of(workspace).in_bulk({key for row in rows for key in row.channel_ids})
    return {
        str(row.pk): {
            "opened_at": represent.moment(row.opened_at),
            "status": row.status,
            "channel_kinds": list(dict.fromkeys(channels[key].kind for key in row.channel_ids if key in channels)),
        }
        for row in rows
    }


def merges(workspace: Workspace, whole: Sequence[Customer]) -> list[Shown]:
    """Return the merges that make these customers one person, the oldest first."""
    if len(whole) == 1:
        return []
    found = Merge.objects.of(workspace).about(row.pk for row in whole).in_force().for_reading()
    return [joined.merge(row) for row in found.order_by("pk")]


def events(workspace: Workspace, conversation: Conversation, whole: Sequence[Customer]) -> list[Shown]:
    """Return what was done with the conversation and since its beginning with the person, in order.

    Each with ``id``, ``type``, ``at``, ``actor``, ``agent``, ``team`` as names, ``other``: the name of who was joined, and
    what its type says besides: ``label``, ``priority``, ``until``, ``field``, ``promise``, ``survey``, ``score``, and ``route``: why a rule gave it.
    """
    group = Conversation.objects.of(workspace).group(conversation.pk)
    since = conversation.opened_at
    return _told(
        workspace,
        Q(conversation__in=group, type__in=EVENTS_SHOWN)
        | Q(customer__in=whole, type__in=PEOPLE_SHOWN, occurred_at__gte=since),
    )


def _told(workspace: Workspace, which: Q) -> list[Shown]:
    rows = HistoryEvent.objects.of(workspace).filter(which).select_related("actor")
    found = list(rows.order_by("occurred_at", "id"))
    emails = {row.data.get("agent") for row in found} - {None}
    names = {user.email: str(user) for user in User.objects.filter(email__in=emails)} if emails else {}
    titles = dict(CustomField.objects.of(workspace).filter(of="conversation").values_list("key", "title"))
    return [_event(row, names, titles) for row in found]


def _event(row: HistoryEvent, names: dict[str, str], titles: dict[str, str]) -> Shown:
    data, agent = row.data, row.data.get("agent")
    reason = data.get("reason", "")
    return {
        "id": str(row.pk),
        "type": row.type,
        "at": represent.moment(row.occurred_at),
        "actor": str(row.actor) if row.actor else row.actor_email,
        "agent": names.get(agent, agent) if agent else None,
        "team": data.get("team"),
        "other": data.get("name", ""),
        "reason": reason if isinstance(reason, str) else "",
        "route": reason if isinstance(reason, dict) else None,
        "self": bool(row.actor and row.actor.email == agent),
        "field": titles.get(str(data.get("field")), data.get("field")),
        **{key: data.get(key) for key in ("label", "priority", "until", "promise", "survey", "score")},
    }


def occurrences(workspace: Workspace, whole: Sequence[Customer]) -> list[Shown]:
    """Return what lately happened with the person outside of conversations, the newest first: orders, payments, surveys."""
    wanted = Q()
    for word in OCCURRENCES:
        wanted |= Q(type__startswith=word)
    rows = HistoryEvent.objects.of(workspace).filter(wanted, customer__in=whole).order_by("-occurred_at", "-id")
    return [
        {
            "id": str(row.pk),
            "type": row.type,
            "at": represent.moment(row.occurred_at),
            "data": {
                key: value
                for key, value in row.data.items()
                if isinstance(value, str | int | float) and not key.endswith("_id")
            },
            "name": next((str(row.data[key]) for key in NAMED_BY if row.data.get(key)), ""),
        }
        for row in rows[:OCCURRENCES_SHOWN]
    ]


def figures(workspace: Workspace, conversation: Conversation) -> Shown:
    """Return this conversation's own figures: how many answers people gave in it."""
    said = Message.objects.of(workspace).in_conversation(conversation.pk)
    return {"replies": said.filter(direction="outbound", author_kind="agent").exclude(kind="note").count()}


def fields(workspace: Workspace) -> list[Shown]:
    """Return the custom fields of the workspace in the order of their places."""
    rows = CustomField.objects.of(workspace).order_by("of", "position", "id")
    return [
        {"of": row.of, "key": row.key, "title": row.title, "kind": row.kind, "choices": row.choices} for row in rows
    ]

"""A shop on three kinds of channel whose customers write, are answered, joined and taken apart, at hours a test chooses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from conversations import feed, merge, thread, triage
from conversations.channels.types import Address, AnyItem, MessageEchoed, MessageReceived, Person
from conversations.history import Actor
from conversations.models import Conversation, Customer, HistoryEvent, Identity, Merge, Message
from conversations.pipeline.batch import apply
from conversations.querysets.conversation import Conversations
from conversations.reply import Words, reply
from conversations.work import Place, Work
from hub.ids import new_id
from hub.models import Workspace
from metrics import facts
from tests import factories

KINDS = {
    "ana": ("instagram", "igsid"),
    "bia": ("whatsapp", "wa_id"),
    "caio": ("webchat", "visitor"),
    "dora": ("whatsapp", "wa_id"),
}
Told = tuple[Any, ...]


MINUTE = timedelta(minutes=1)


class Street:
    """A shop and its clock, which stands still until somebody turns it."""

    def __init__(self) -> None:
        self.place = factories.workspace()
        self.lines = {kind: factories.channel(self.place, kind) for kind in dict(KINDS.values())}
        self.now = self.start = timezone.now() - timedelta(days=30)
        self.said = 0

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let one transaction happen at the street's time."""
        with mock.patch.object(timezone, "now", return_value=self.now), transaction.atomic():
            yield

    def person(self, who: str, **more: Any) -> Person:
        """Return who somebody is to the channel they write on."""
        return Person(addresses=(Address(KINDS[who][1], f"{who}-1"),), name=who.title(), **more)

    def work(self, *items: AnyItem, kind: str) -> None:
        """Let items of one channel come in."""
        line = self.lines[kind]
        place = Place(line.pk, self.place.pk, line.kind, line.address)
        works = [Work(id=0, delivery_id=new_id(), received_at=self.now, channel=place, item=item) for item in items]
        for workspace_id, changes in apply(works, {self.place.pk: self.place.reopen_window}).items():
            feed.publish(workspace_id, changes)

    def hear(self, who: str, text: str = "", sender: Person | None = None) -> None:
        """Let somebody write."""
        with self.at_once():
            self.said += 1
            item = MessageReceived(
                account=None, lane="", at=self.now, provider_id=f"m{self.said}", text=text or f"m{self.said}",
                sender=sender or self.person(who),
            )  # fmt: skip
            self.work(item, kind=KINDS[who][0])

    def answer(self, who: str) -> None:
        """Answer somebody from the phone beside the hub."""
        with self.at_once():
            self.said += 1
            item = MessageEchoed(
                account=None, lane="", at=self.now, provider_id=f"m{self.said}", text=f"m{self.said}",
                recipient=self.person(who),
            )  # fmt: skip
            self.work(item, kind=KINDS[who][0])

    def known(self, who: str) -> Customer | None:
        """Return the customer whose address this is."""
        row = Identity.objects.filter(value=f"{who}-1", workspace=self.place).select_related("customer").first()
        return row.customer if row else None

    def customer(self, who: str) -> Customer:
        """Return the customer whose address this is; there must be one."""
        row = self.known(who)
        assert row is not None
        return row

    def live(self, who: str) -> Conversation | None:
        """Return the unresolved conversation of the person somebody counts as."""
        row = self.known(who)
        found = Conversation.objects.of(self.place).standing().unresolved()
        return found.of_person(row.pk).get() if row and found.of_person(row.pk).exists() else None

    def resolve(self, who: str) -> None:
        """Resolve what is open of somebody."""
        with self.at_once():
            if (row := self.live(who)) is not None:
                triage.resolve(self.place, row.pk, Actor(kind="rule"))

    def snooze(self, who: str) -> None:
        """Lay aside what is open of somebody."""
        with self.at_once():
            if (row := self.live(who)) is not None:
                triage.snooze(self.place, row.pk, Actor(kind="rule"), self.now + timedelta(days=3))

    def note(self, row: Conversation | None) -> Conversation | None:
        """Write a note beside a conversation; returns the one it lies in."""
        if row is None:
            return None
        with self.at_once():
            self.said += 1
            words = Words(client_id=f"n{self.said}", text=f"n{self.said}", private=True)
            return reply(self.place, row.pk, Actor(), words).message.conversation

    def join(self, one: str, other: str) -> UUID | None:
        """Let two count as one person; returns the merge, ``None`` where they were."""
        with self.at_once():
            ask = merge.Ask(self.customer(one).pk, self.customer(other).pk, "agent")
            row = merge.join(self.place, ask, Actor(kind="rule")).merge
        return row.pk if row else None

    def part(self, key: UUID) -> None:
        """Undo a merge."""
        with self.at_once():
            merge.undo(self.place, key, Actor(kind="rule"), thread.episode_for)

    def joined(self) -> list[tuple[str, str]]:
        """Return who was joined with whom, by the merges that hold, and who counts as whom."""
        merges = Merge.objects.of(self.place).in_force().order_by("pk")
        people = Customer.objects.of(self.place).exclude(merged_into=None).order_by("name")
        return [
            *merges.values_list("survivor__name", "absorbed__name"),
            *people.values_list("name", "merged_into__name"),
        ]

    def talks(self) -> Conversations:
        """Return all conversations there are."""
        return Conversation.objects.of(self.place)

    def story(self, who: str, *, unread: bool = True) -> list[Told]:
        """Return everything that is known of somebody's conversations, in words two worlds can be compared by."""
        row = self.known(who)
        talks = Conversation.objects.filter(customer=row).order_by("opened_at") if row else []
        return [self._talk(talk, unread=unread) for talk in talks]

    def facts(self, who: str) -> list[Told]:
        """Return what the figures make of somebody's history, without ids."""
        row = self.known(who)
        ids = list(Conversation.objects.filter(customer=row).values_list("pk", flat=True)) if row else []
        rows = facts.derived(self.place.pk, facts.family(self.place.pk, [one.bytes for one in ids]))
        return sorted(
            (table.name, *map(self._plain, row[facts.ID + 1 :]))
            for table in facts.TABLES
            for row in rows[table].values()
        )

    def _plain(self, value: Any) -> str:
        """Return a value of a fact as two worlds can compare it: times by the street's clock, no ids."""
        if isinstance(value, datetime):
            return str(self._clock(value))
        if isinstance(value, tuple):
            return str([self._clock(at) for at in value])
        return "id" if isinstance(value, bytes) else str(value)

    def _talk(self, talk: Conversation, *, unread: bool) -> Told:
        said = list(Message.objects.filter(conversation=talk).in_order().select_related("customer", "channel"))
        last = talk.last_message and (talk.last_message.provider_id or talk.last_message.text)
        kinds = {line.pk: kind for kind, line in self.lines.items()}
        times = (talk.opened_at, talk.waiting_since, talk.first_response_at, talk.resolved_at, talk.snoozed_until)
        return (
            [
                (one.provider_id or one.text, one.direction, one.customer.name, one.kind != "note" and one.channel.kind)
                for one in said
            ],
            talk.status,
            [self._clock(at) for at in (*times, talk.last_inbound_at, talk.last_message_at)],
            (talk.unread if unread else None, talk.reopened_count, self.name(talk.folded_into)),
            (
                last,
                kinds[talk.last_channel_id] if talk.last_channel_id else None,
                [kinds[key] for key in talk.channel_ids],
            ),
        )

    def name(self, talk: Conversation | None) -> Told | None:
        """Name a conversation by whose it is and when it began."""
        return (talk.customer.name, self._clock(talk.opened_at)) if talk else None

    def _clock(self, at: datetime | None) -> int | None:
        """Return a time in minutes of the street's clock."""
        return None if at is None else round((at - self.start) / MINUTE)


def broken(place: Workspace) -> list[str]:
    """Return every promise that does not hold now, in words."""
    people = {row.pk: row.merged_into_id or row.pk for row in Customer.objects.of(place)}
    return [*_pointers(place, people), *_conversations(place, people), *_places(place, people)]


def _pointers(place: Workspace, people: dict[UUID, UUID]) -> Iterator[str]:
    above = dict(Merge.objects.of(place).in_force().values_list("absorbed", "survivor"))
    for key, root in people.items():
        end = key
        while end in above:
            end = above[end]
        if end != root:
            yield "a pointer does not lead to who stands for the person"


def _conversations(place: Workspace, people: dict[UUID, UUID]) -> Iterator[str]:
    talks = {talk.pk: talk for talk in Conversation.objects.of(place)}
    live = Counter(
        people[talk.customer_id] for talk in talks.values() if not talk.folded_into_id and talk.status != "resolved"
    )
    if any(count > 1 for count in live.values()):
        yield "a person has two open conversations"
    for talk in talks.values():
        into = talks[talk.folded_into_id] if talk.folded_into_id else None
        if into and into.folded_into_id:
            yield "a conversation is folded into a folded one"
        if into and people[into.customer_id] != people[talk.customer_id]:
            yield "a conversation is folded into one of somebody else"


def _places(place: Workspace, people: dict[UUID, UUID]) -> Iterator[str]:
    said = {row.pk: row for row in Message.objects.of(place).select_related("conversation")}
    if len({(row.conversation_id, row.seq) for row in said.values()}) < len(said):
        yield "a place in a conversation is taken twice"
    for row in said.values():
        if row.seq > row.conversation.last_seq:
            yield "a conversation does not know its last place"
        if people[row.customer_id] != people[row.conversation.customer_id]:
            yield "a message lies with somebody else"
    told = HistoryEvent.objects.of(place).filter(type__in=["message.received", "message.sent"])
    for event in told:
        if event.message_id is None or event.conversation_id != said[event.message_id].conversation_id:
            yield "an event is not where its message is"

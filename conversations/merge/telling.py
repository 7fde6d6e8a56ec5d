"""The conversations of joined people told again from their beginning as if one merge had never been: in memory only.

Until that merge, and of people it does not concern, everything is told as it is stored. Since then every message is put where
it would have gone, every turn happens to whom it would have happened to, and later merges join what is open of those they
still join.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from conversations.merge.memory import Memory, recall, remember
from conversations.merge.state import carried, forget, give_back, reopen, say, take_over, turn
from conversations.merge.story import SHARED, Moment, order_of
from conversations.models import Conversation, HistoryEvent, Merge, Message
from conversations.work import Episode
from hub.models import Workspace

RESOLVED = Conversation.Status.RESOLVED

# The rule by which a message finds its conversation: asked with episodes, time, window and whether it was heard.
type Place = Callable[[Sequence[Episode], datetime, timedelta, bool], Episode | None]


class Parts:
    """Who is one person with whom, as merges are told: by customer who stands for them."""

    def __init__(self, people: Iterable[UUID]) -> None:
        self.root = {key: key for key in people}

    def join(self, survivor: UUID, absorbed: UUID) -> None:
        """Let everybody whom ``absorbed`` stands for be of the other's from now on."""
        self.root = {key: survivor if root == absorbed else root for key, root in self.root.items()}

    def same(self, one: Conversation, other: Conversation) -> bool:
        """Whether two conversations are of one person."""
        return self.root[one.customer_id] == self.root[other.customer_id]


class Telling:
    """Conversations as they would be without the merge ``undone``, and what has to be written so that they are.

    ``talks`` are the conversations as told so far, ``others`` those that are other than stored, ``fresh`` by a new one that
    from which its first message comes. ``moved`` says by message, ``turned`` by event, to which conversation it goes;
    ``events`` are to be recorded, ``merges`` remember something else from now on, ``holding`` have taken one in since.
    """

    def __init__(
        self,
        workspace: Workspace,
        people: Iterable[UUID],
        stored: Mapping[UUID, Conversation],
        undone: Merge,
        place: Place,
    ) -> None:
        self.workspace, self.stored, self.undone, self.place = workspace, stored, undone, place
        self.person, self.joint = Parts(people), Parts(people)  # without the merge, and with it
        self.begun = False  # whether the merge was told of
        self.talks = {key: copy.copy(row) for key, row in stored.items() if row.outside}
        self.others: set[UUID] = set()
        self.fresh: dict[UUID, UUID] = {}
        self.moved: dict[UUID, UUID] = {}
        self.turned: dict[int, UUID | None] = {}
        self.events: list[HistoryEvent] = []
        self.merges: list[Merge] = []
        self.holding: set[UUID] = set()
        self._again: dict[UUID, HistoryEvent] = {}  # by customer the reopening that their next message made

    def tell(self, moment: Moment) -> None:
        """Carry everything forward by one moment."""
        if moment.merge is not None:
            self._join(moment.merge)
        elif moment.message is not None:
            self._say(moment.order, moment.message)
        elif moment.event is not None:
            self._turn(moment.event)

    def settle(self) -> None:
        """Name also those whose part of another conversation has changed, and what they are part of."""
        for key, row in self.stored.items():
            if key in self.talks and self.talks[key].folded_into_id != row.folded_into_id:
                self.others.add(key)
        self.others &= self.talks.keys()
        self.others |= {self.talks[key].folded_into_id or key for key in self.others}

    def _apart(self, customer_id: UUID) -> bool:
        """Whether somebody was one person with others at this moment who are others now."""
        return self.begun and self.joint.root[customer_id] == self.joint.root[self.undone.absorbed_id]

    # Messages

    def _say(self, order: int, message: Message) -> None:
        stored, again = self.stored[message.conversation_id], self._again.pop(message.customer_id, None)
        talk = self._talk_of(stored, message)
        if talk.pk != stored.pk:
            self.moved[message.pk] = talk.pk
            self.others |= {talk.pk, stored.pk}
        count = talk.reopened_count
        if again is not None and talk.status == RESOLVED:
            reopen(talk)
        say(talk, message)
        if not self._apart(message.customer_id):
            return
        if talk.reopened_count == count:
            if again is not None and again.conversation_id != talk.pk:
                self.turned[again.pk] = None  # only the others' conversation was over
        elif again is None:
            self.events.append(_reopened(talk, message, order))
            self.others.add(talk.pk)
        elif again.conversation_id != talk.pk:
            self.turned[again.pk] = talk.pk

    def _talk_of(self, stored: Conversation, message: Message) -> Conversation:
        """Return the conversation a message goes to: its own one where that is as it was, else where it would have gone."""
        person = self.person.root[message.customer_id]
        same = person == self.person.root[stored.customer_id]
        if not self._apart(message.customer_id) or (
            same and not (stored.pk in self.others and stored.pk in self.talks)
        ):
            if stored.pk not in self.talks:
                self.talks[stored.pk] = _beginning(stored, message)
            return self.talks[stored.pk]
        own = [
            row
            for row in self._standing()
            if self.person.root[row.customer_id] == person and not (row.outside and row.opened_at > message.sent_at)
        ]
        heard = message.direction == "inbound" and not message.imported
        episodes = [_episode(row) for row in own]
        chosen = self.place(episodes, message.sent_at, self.workspace.reopen_window, heard)
        return self.talks[chosen.id] if chosen is not None else self._new(stored, message)

    def _new(self, stored: Conversation, message: Message) -> Conversation:
        """Open a conversation."""
        row = Conversation(
            workspace=self.workspace,
            customer_id=message.customer_id,
            opened_at=message.sent_at,
            status=RESOLVED if message.imported else "pending",
            resolved_at=message.sent_at if message.imported else None,
            route_reason=stored.route_reason,
        )
        self.talks[row.pk], self.fresh[row.pk] = row, stored.folded_into_id or stored.pk
        self.others.add(row.pk)
        opened = HistoryEvent(
            workspace=self.workspace,
            customer_id=message.customer_id,
            conversation=row,
            type="conversation.opened",
            occurred_at=message.sent_at,
            channel_id=message.channel_id,
            actor_kind=message.author_kind,
            data={"inherited": True},
        )
        self.events.append(opened)
        return row

    # Turns

    def _turn(self, event: HistoryEvent) -> None:
        assert event.conversation_id is not None
        stored = self.stored[event.conversation_id]
        if event.type == "conversation.reopened" and event.actor_kind == "customer" and event.customer_id is not None:
            self._again[event.customer_id] = event
            return
        talk = self.talks.get(stored.pk)
        if event.type not in SHARED or not self._apart(stored.customer_id):
            if talk is not None:
                turn(talk, event)
            return
        # It happened to everybody who was in the conversation: to each one's that was live.
        there = [row for row in self._standing() if self.joint.same(row, stored) and row.status != RESOLVED]
        if stored.pk not in self.others:
            there = [row for row in there if row is talk or not self.person.same(row, stored)]
        turned = [row for row in there if turn(row, event)]
        rest = [row for row in turned if row is not talk]
        self.others |= {row.pk for row in rest}
        if rest and len(rest) == len(turned):  # it meant the others alone
            self.turned[event.pk] = rest.pop(0).pk
            self.others.add(stored.pk)
        self.events += [inherited(event, row) for row in rest]

    # Merges

    def _join(self, row: Merge) -> None:
        memory, apart = recall(row), self._apart(row.survivor_id) or self._apart(row.absorbed_id)
        first, second = memory.asked(row)
        self.joint.join(self.joint.root[first], self.joint.root[second])
        if row == self.undone:
            self.begun = True
            if (pair := self._as_remembered(memory)) is not None:
                self.others |= {one.pk for one in pair}
                self.holding.add(pair[0].pk)
            return
        survivor, absorbed = self.person.root[first], self.person.root[second]
        if row.reason != "agent":  # whom a machine joins, the older stands for
            survivor, absorbed = sorted((survivor, absorbed))
        self.person.join(survivor, absorbed)
        if not apart:
            if (pair := self._as_remembered(memory)) is not None:
                self._fold(*pair)
            return
        live = [one for one in self._standing() if self.person.root[one.customer_id] == survivor and _live(one)]
        now = self._folded(memory, sorted(live, key=lambda one: (one.opened_at, one.pk)))
        if now != memory or (row.survivor_id, row.absorbed_id) != (survivor, absorbed):
            row.survivor_id, row.absorbed_id = survivor, absorbed
            remember(row, now)
            self.merges.append(row)

    def _as_remembered(self, memory: Memory) -> tuple[Conversation, Conversation] | None:
        """Set both conversations of a fold to exactly what they were when it happened; ``None`` where there was none."""
        into = self.talks.get(memory.into) if memory.into else None
        folded = self.talks.get(memory.folded) if memory.folded else None
        if into is None or folded is None:
            return None
        give_back(into, memory.before)
        give_back(folded, carried(self.stored[folded.pk]))
        return into, folded

    def _folded(self, memory: Memory, live: Sequence[Conversation]) -> Memory:
        """Let the younger of what is open count as part of the older; return what the merge remembers of it."""
        stored = {key for key in (memory.into, memory.folded) if key}
        plain = Memory(memory.order, memory.first, memory.second)
        if len(live) < 2:
            self.others |= stored
            return plain
        into, folded = live
        pair = {into.pk, folded.pk}
        if stored == pair and not pair & self.others:
            self._as_remembered(memory)
            self._fold(into, folded)
            return memory
        self.others |= stored | pair
        before = carried(into)
        self._fold(into, folded)
        return Memory(memory.order, memory.first, memory.second, folded.pk, into.pk, before)

    def _fold(self, into: Conversation, folded: Conversation) -> None:
        for row in self.talks.values():
            if row.folded_into_id == folded.pk:
                row.folded_into_id = into.pk
        take_over(into, folded)
        if self.begun:
            self.holding.add(into.pk)

    def _standing(self) -> list[Conversation]:
        return [row for row in self.talks.values() if row.folded_into_id is None]


def _live(row: Conversation) -> bool:
    return row.status != RESOLVED and not row.outside


def _episode(row: Conversation) -> Episode:
    return Episode(
        id=row.pk, workspace_id=row.workspace_id, customer_id=row.customer_id, status=row.status, opened_at=row.opened_at,
        resolved_at=row.resolved_at,
    )  # fmt: skip


def _beginning(stored: Conversation, message: Message) -> Conversation:
    """Return a stored conversation as it was before its first message."""
    row = copy.copy(stored)
    forget(row)
    if message.imported:
        row.status, row.resolved_at = RESOLVED, message.sent_at
    return row


def _reopened(row: Conversation, message: Message, order: int) -> HistoryEvent:
    """Return the event that a message began a conversation again, which others had kept open."""
    return HistoryEvent(
        workspace_id=row.workspace_id,
        customer_id=message.customer_id,
        conversation=row,
        type="conversation.reopened",
        occurred_at=message.sent_at,
        channel_id=message.channel_id,
        actor_kind="customer",
        data={"inherited": True, "of": order},
    )


def inherited(event: HistoryEvent, row: Conversation) -> HistoryEvent:
    """Return an event of the joint conversation as told of this one too."""
    return HistoryEvent(
        workspace_id=row.workspace_id,
        customer_id=row.customer_id,
        conversation=row,
        type=event.type,
        occurred_at=event.occurred_at,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        actor_email=event.actor_email,
        data={**event.data, "inherited": True, "of": order_of(event)},
    )

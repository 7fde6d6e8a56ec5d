"""Stories in short words: ``C 10:00 text``-like lines become events, in memory or as rows of history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from conversations.models import Conversation, HistoryEvent
from metrics.records import NOBODY, Happening

DAY = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
SPACE = UUID("00000000-0000-0000-0000-00000000feed")
SAID = {"C": "customer", "A": "agent", "B": "bot", "D": "device", "S": "system", "P": "campaign"}
HAPPENED = {
    "open": "conversation.opened",
    "reopen": "conversation.reopened",
    "handoff": "conversation.handoff",
    "resolve": "conversation.resolved",
    "assign": "conversation.assigned",
    "queue": "conversation.queued",
    "snooze": "conversation.snoozed",
    "wake": "conversation.unsnoozed",
    "look": "focus.gained",
    "leave": "focus.lost",
    "fail": "message.failed",
    "recover": "message.recovered",
}


def at(clock: str, day: datetime = DAY) -> datetime:
    """Return ``"10:00"``, ``"10:00:30"`` or ``"4d 10:00"`` (days after ``day``) as an instant."""
    days, _, time = clock.rpartition("d ")
    hours, minutes, *seconds = (float(part) for part in time.split(":"))
    return day + timedelta(days=int(days or 0), hours=hours, minutes=minutes, seconds=sum(seconds))


def message(number: int) -> bytes:
    """Return the id of the ``number``-th line's message."""
    return uuid5(SPACE, str(number)).bytes


def story(text: str, day: datetime = DAY) -> list[Happening]:
    """Read lines, separated by comma: who or what, when, then ``key=value`` words.

    ``of=2`` names the message of line 2; ``by``, ``agent``, ``team``, ``kind`` and ``channel`` say what they say; ``to`` is who
    has the conversation from then on, ``-`` for nobody.
    """
    return [_event(number, line.split(), day) for number, line in enumerate(filter(None, text.split(",")), start=1)]


def _event(number: int, words: list[str], day: datetime) -> Happening:
    word, *rest = words
    values = dict(part.split("=") for part in rest if "=" in part)
    said = word in SAID
    actor = SAID.get(word) or values.get("by", "agent")
    return Happening(
        id=number,
        type=("message.received" if word == "C" else "message.sent") if said else HAPPENED[word],
        at=at(" ".join(part for part in rest if "=" not in part), day),
        message_id=message(number) if said else message(int(values["of"])) if "of" in values else None,
        channel_kind=values.get("channel", "whatsapp") if said else "",
        actor_kind=actor,
        agent=values.get("agent", "ana@loja.example") if actor == "agent" else "",
        team=values.get("team", ""),
        kind=values.get("kind", "text") if said else "",
        named=values.get("to", ""),
    )


def write(conversation: Conversation, events: Iterable[Happening]) -> None:
    """Append events to a conversation's history, as the pipeline would."""
    HistoryEvent.objects.bulk_create(
        HistoryEvent(
            workspace_id=conversation.workspace_id,
            customer_id=conversation.customer_id,
            conversation=conversation,
            message_id=event.message_id and uuid5(conversation.pk, event.message_id.hex()),
            type=event.type,
            occurred_at=event.at,
            channel_kind=event.channel_kind,
            actor_kind=event.actor_kind,
            actor_email=event.agent,
            data={"kind": event.kind, "team": event.team or None, **_given(event.named)},
        )
        for event in events
    )


def _given(to: str) -> dict[str, str | None]:
    return {"agent": None if to == NOBODY else to} if to else {}

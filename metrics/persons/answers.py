"""Answers: what people say when they are asked, which benefits they take up, where they look in, and what all of it cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from metrics.persons.money import Purse, amount_of
from metrics.persons.records import Benefit, Cost, Event, Survey, Touch
from metrics.persons.sessions import Session, spoken_of

AGAIN = timedelta(days=7)  # an answer given anew within this takes the place of the one before
MOMENT = timedelta(microseconds=1)
SURVEYED = {"survey.sent", "survey.answered"}
SCALES = {"csat": range(1, 6), "nps": range(11)}
SERVICE = "service"  # what a survey asks about that does not say: a conversation
TOUCHES = {"ad.clicked", "payment_link.opened", "store.visit", "web.visit"}


def surveys(story: Sequence[Event], sessions: Sequence[Session] = ()) -> list[Survey]:
    """Return the answers of a person's history, and the surveys nobody answered.

    What is asked again and answered anew within days is one answer, the last. A survey is told apart by the request that
    answer and question name, else by its kind and what it asks about. One about service that names no conversation speaks
    of the last of ``sessions`` before it was asked, and of who of the house wrote last there unless it names somebody.
    """
    asked: dict[tuple[str, ...], list[Event]] = defaultdict(list)
    given: dict[tuple[str, ...], list[tuple[Event, int]]] = defaultdict(list)
    for event in story:
        kind = event.text("survey")
        if event.type == "survey.sent" and kind in SCALES:
            asked[_which(event)].append(event)
        elif event.type == "survey.answered" and kind in SCALES:
            said = amount_of(event.data.get("score"))
            if said is not None and said in SCALES[kind]:
                given[_which(event)].append((event, int(said)))
    found = []
    for key, answers in given.items():
        sendings = asked[key]
        for place, (event, score) in enumerate(answers):
            following = answers[place + 1][0].at if place + 1 < len(answers) else None
            sent = next((one for one in reversed(sendings) if one.at <= event.at), None)
            anew = following is not None and following - event.at <= AGAIN
            found.append(_survey(event, sent, score, sessions, counts=not anew))
    for key, sendings in asked.items():
        times = [event.at for event, _score in given.get(key, ())]
        for place, event in enumerate(sendings):
            end = sendings[place + 1].at if place + 1 < len(sendings) else None
            if not any(event.at <= at and (end is None or at < end) for at in times):
                found.append(_survey(event, event, None, sessions, counts=True))
    return found


def names_no_conversation(event: Event) -> bool:
    """Whether the event is a survey's that leaves it to the person's conversations which of them it speaks of."""
    return event.conversation_id is None and event.type in SURVEYED


def _which(event: Event) -> tuple[str, ...]:
    request = event.text("request")
    return (request,) if request else (event.text("survey"), event.text("touchpoint"))


def _survey(
    event: Event, sent: Event | None, score: int | None, sessions: Sequence[Session], *, counts: bool
) -> Survey:
    origin = sent or event
    conversation_id = event.conversation_id or origin.conversation_id
    touchpoint = event.text("touchpoint", 40) or origin.text("touchpoint", 40) or SERVICE
    of = spoken_of(sessions, origin.at) if conversation_id is None and touchpoint == SERVICE else None
    return Survey(
        id=event.id,
        conversation_id=of.conversation_id if of else conversation_id,
        survey=event.text("survey"),
        touchpoint=touchpoint,
        channel_kind=event.channel_kind or origin.channel_kind or (of.channel_kind if of else ""),
        agent=event.agent or origin.agent or (of.agent if of else ""),
        sent_at=sent.at if sent else None,
        answered_at=None if score is None else event.at,
        score=score,
        counts=counts,
    )


def benefits(story: Sequence[Event]) -> list[Benefit]:
    """Return the benefits a person was shown while they might use them, each once, with the first use from then on (K33)."""
    shown: dict[str, Event] = {}
    used: dict[str, Event] = {}
    for event in story:
        name = event.text("benefit")
        if event.type == "benefit.exposed" and name and event.data.get("eligible") is not False:
            shown.setdefault(name, event)
        elif event.type == "benefit.used" and name in shown:
            used.setdefault(name, event)
    return [
        Benefit(
            id=event.id,
            benefit=name,
            channel_kind=event.channel_kind,
            exposed_at=event.at,
            used_at=used[name].at if name in used else None,
            used_channel_kind=used[name].channel_kind if name in used else "",
        )
        for name, event in shown.items()
    ]


def touches(story: Iterable[Event]) -> list[Touch]:
    """Return the contacts a person sought that are no messages (R10)."""
    return [
        Touch(event.id, event.type, event.channel_kind, event.at, event.text("store"), event.text("campaign"))
        for event in story
        if event.type in TOUCHES
    ]


def costs(story: Iterable[Event], purse: Purse) -> list[Cost]:
    """Return what was spent; what ends on a day ends before it, at a time within it; where it begins, it is of that day."""
    found = []
    for event in story:
        if event.type != "cost.recorded":
            continue
        first = _day(event.text("from"), purse) or purse.day(event.at)
        last = _day(event.text("to"), purse, MOMENT) or first
        amount = amount_of(event.data.get("amount"))
        found.append(
            Cost(
                id=event.id,
                kind=event.text("kind", 20),
                channel_kind=event.channel_kind,
                first_day=first,
                end_day=max(last, first) + timedelta(days=1),
                amount=purse.worth(amount, event.text("currency", 3).upper() or purse.currency, event.at),
            )
        )
    return found


def _day(word: str, purse: Purse, less: timedelta = timedelta()) -> date | None:
    try:
        at = datetime.fromisoformat(word) - less
    except (ValueError, OverflowError):
        return None
    return purse.day(at) if at.tzinfo else at.date()

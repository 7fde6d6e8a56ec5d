"""Search: what people remember leads to what was said; errors forgiven, bounds kept, nobody else's found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from conversations import history, search
from conversations.feed import Change, publish
from conversations.history import Actor
from conversations.models import Channel, Conversation, Label, Message, SearchEntry, SearchWord
from conversations.search import Asked, find, index, wording
from hub.models import Workspace
from tests import factories

TEXTS = [
    "Quero trocar o tamanho do tênis azul-marinho",
    "O tamanho 42 serve?",
    "Devolução do pedido BR-4512",
    "Qual o prazo de entrega?",
]


@pytest.fixture
def place(db: None) -> Workspace:
    """A tenant in whose conversation something was said."""
    place = factories.workspace()
    person = factories.customer(place, name="João Batista Teixeira", phone="5511988880001")
    talk, line = factories.conversation(place, customer=person), factories.channel(place)
    for minutes, text in enumerate(TEXTS):
        factories.message(talk, line, text, minutes_ago=10 - minutes)
    search.keep(place.pk, Message.objects.values_list("pk", flat=True))
    return place


def texts(place: Workspace, text: str, **fields: Any) -> list[str]:
    """The whole pieces that were found."""
    found = search.messages(place, Asked(text=text, **fields))
    return ["".join(piece for piece, _ in hit.snippet) for hit in found.hits]


def meant(place: Workspace, text: str) -> list[str]:
    """The words that were marked in the first find."""
    hits = search.messages(place, Asked(text=text)).hits
    return [piece for piece, hit in hits[0].snippet if hit] if hits else []


def test_it_works(place: Workspace) -> None:
    found = search.messages(place, Asked(text="tamanho"))
    assert (len(found.hits), found.count, found.beyond, found.last) == (2, 2, False, None)
    assert texts(place, "tamanho") == [TEXTS[1], TEXTS[0]]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("TENIS", ["tênis"]),
        ("tênis azul", ["tênis", "azul"]),
        ("marinho", ["marinho"]),
        ("tamnho troca", ["trocar", "tamanho"]),
        ("devolucoes pedidos", ["Devolução", "pedido"]),
        ("4512", ["4512"]),
        ("entr", ["entrega"]),
        ("prazo de entrga ", ["prazo", "entrega"]),
        ("pedidp", ["pedido"]),
        ("pediod ", ["pedido"]),
        ("nada disso", []),
        ("'x' & | ! :*", []),
        ("de ", []),
    ],
)
def test_it_forgives(place: Workspace, typed: str, words: list[str]) -> None:
    assert meant(place, typed) == words


def test_it_says_what_was_taken_for_another_word(place: Workspace) -> None:
    assert [typed for typed, _ in search.messages(place, Asked(text="tamnho ")).mended] == ["tamnho"]
    assert search.messages(place, Asked(text="tamanho ")).mended == ()


@pytest.mark.parametrize("typed", ["joao", "teixera", "Batsta", "98888-0001", "+55 11 98888", "jo"])
def test_it_finds_people(place: Workspace, typed: str) -> None:
    person = Conversation.objects.get().customer
    assert search.people(place, typed) == [person.pk]


def test_it_finds_nobody_elses(place: Workspace) -> None:
    other = factories.workspace()
    assert (texts(other, "tamanho"), search.people(other, "joao")) == ([], [])


def test_it_finds_nobody_elses_with_the_same_mark(place: Workspace) -> None:
    other = Workspace.objects.create(pk=UUID(int=place.pk.int ^ 1 << 64), slug="other", name="Other")
    assert wording.mark(other.pk) == wording.mark(place.pk)
    word = "x" * 2_040  # as long as a word may be, but for the mark
    message = factories.message(factories.conversation(other), factories.channel(other), f"Meu tamanho {word}")
    search.keep(other.pk, [message.pk])
    assert (texts(other, "tamanho"), len(texts(place, "tamanho"))) == ([message.text], 2)


def test_it_knows_a_word_at_once_and_counts_it_by_samples(place: Workspace) -> None:
    talk, line = Conversation.objects.get(), Channel.objects.get()
    made = [factories.message(talk, line, "Quero um cachecol").pk for _ in range(2)]
    Message.objects.filter(pk=made[1]).update(id=UUID(int=made[1].int >> 8 << 8))  # one that stands for others
    search.keep(place.pk, made[:1])
    assert SearchWord.objects.get(word="cachecol").count == 1
    search.keep(place.pk, [UUID(int=made[1].int >> 8 << 8)])
    assert SearchWord.objects.get(word="cachecol").count == 1 + index.SAMPLE
    assert search.keep(place.pk, made[:1]) == 0
    assert SearchWord.objects.get(word="cachecol").count == 1 + index.SAMPLE


def test_it_pages_back_in_time_by_either_plan(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for most in (find.MOST_COUNTED, 0):
        monkeypatch.setattr(find, "MOST_COUNTED", most)
        seen, after = [], None
        while page := search.messages(place, Asked(text="o tamanho "), after, limit=1):
            seen += ["".join(piece for piece, _ in hit.snippet) for hit in page.hits]
            after = page.last
            if after is None:
                break
        assert seen == [TEXTS[1], TEXTS[0]]


def test_it_fetches_only_the_newest_days_of_a_word_between_rare_and_common(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, line = Conversation.objects.get(), Channel.objects.get()
    said = [factories.message(talk, line, f"cachecol {n}", minutes_ago=800 - n * 20).pk for n in range(40)]
    search.keep(place.pk, said)
    SearchWord.objects.filter(word="cachecol").update(count=40)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE conversations_searchentry")
    monkeypatch.setattr(find, "SEVERAL", 30)
    first = search.messages(place, Asked(text="cachecol "), limit=3)
    assert [hit.message_id for hit in first.hits] == said[:36:-1]
    assert (first.count, first.beyond) == (10, True)
    second = search.messages(place, Asked(text="cachecol "), first.last, limit=3)
    assert [hit.message_id for hit in second.hits] == said[36:33:-1]
    every = search.messages(place, Asked(text="cachecol "), limit=39)
    assert ([hit.message_id for hit in every.hits], every.count, every.beyond) == (said[:0:-1], 40, False)


def test_it_narrows_down(place: Workspace) -> None:
    row, line = Conversation.objects.get(), Channel.objects.get()
    agent, label = factories.member(place), Label.objects.create(workspace=place, name="VIP")
    now = timezone.now()
    for narrow in (
        {"channel": line.pk}, {"channel_kind": ("whatsapp",)}, {"since": now - timedelta(minutes=9, seconds=30)},
    ):  # fmt: skip
        assert TEXTS[1] in texts(place, "tamanho", **narrow), narrow
    assert (
        texts(place, "tamanho", channel_kind=("sms",)) == texts(place, "tamanho", until=now - timedelta(hours=1)) == []
    )
    assert texts(place, "tamanho", agent=agent.pk) == texts(place, "tamanho", label=label.pk) == []
    Conversation.objects.filter(pk=row.pk).update(assignee=agent, label_ids=[label.pk])
    assert len(texts(place, "tamanho", agent=agent.pk, label=label.pk)) == 2


@pytest.mark.django_db(transaction=True)
def test_it_follows_what_is_said_changed_and_deleted(place: Workspace) -> None:
    row, line = Conversation.objects.get(), Channel.objects.get()
    message = factories.message(row, line, "Onde fica a loja?")
    with transaction.atomic():
        event = history.happened(row, "message.received", timezone.now(), Actor(kind="customer"), message_id=message.pk)
        history.record([event])
    assert search.follow() == 1
    assert texts(place, "loja") == ["Onde fica a loja?"]

    for fields, words in (
        ({"text": "Onde fica o estoque?", "edited_at": timezone.now()}, 1),
        ({"deleted_at": timezone.now()}, 0),
    ):
        Message.objects.filter(pk=message.pk).update(**fields)
        with transaction.atomic():
            publish(place.pk, [Change("message.updated", message.pk, row.pk)])
        assert search.follow() == 1
        assert (len(texts(place, "estoque")), texts(place, "loja")) == (words, [])
    assert search.follow() == 0
    assert SearchEntry.objects.count() == len(TEXTS)


def test_it_asks_nothing_without_a_reader(place: Workspace) -> None:
    api = factories.client(factories.token(place))
    answer = api.get("/api/v1/search", {"q": "tamnho"}).json()
    row = Conversation.objects.get()
    assert [(hit["conversation"], hit["customer_name"]) for hit in answer["results"]] == [
        (str(row.pk), "João Batista Teixeira")
    ] * 2
    assert (answer["count"], answer["at_least"], answer["mended"], answer["people"]) == (2, False, ["tamnho"], [])
    assert answer["results"][0]["snippet"][1] == {"text": "tamanho", "hit": True}
    people = api.get("/api/v1/search", {"q": "joão bat"}).json()["people"]
    assert [(one["name"], one["conversation"]) for one in people] == [("João Batista Teixeira", str(row.pk))]
    for wrong in ({}, {"q": "x", "label": "none"}, {"q": "x", "from": "soon"}, {"q": "x", "agent": "nobody@x.y"}):
        assert api.get("/api/v1/search", wrong).status_code == 400, wrong
    assert factories.client("wrong").get("/api/v1/search", {"q": "tamanho"}).status_code == 401


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [("tamanh", "tamanh", 0), ("tamnh", "tamanh", 1), ("tamahn", "tamanh", 1), ("sol", "lua", 3)],
)
def test_it_knows_how_far_words_are_apart(one: str, other: str, apart: int) -> None:
    assert wording.distance(one, other) == wording.distance(other, one) == apart

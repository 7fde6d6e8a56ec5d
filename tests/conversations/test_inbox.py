"""What the inbox reads: its own workspace and nothing else, page by page, with a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from conversations.models import Conversation
from conversations.views import listing, opened, state
from hub.access import Caller
from hub.models import Membership, Role, User, Workspace
from tests.browser.company import Shop


@pytest.fixture(scope="module")
def afternoon(module_db: None) -> Shop:
    """A shop with an afternoon of conversations."""
    shop = Shop()
    list(shop.crowd())
    return shop


@pytest.fixture
def shop(afternoon: Shop, db: None) -> Shop:
    """That shop, for one test."""
    return afternoon


def caller(shop: Shop, number: int = 0) -> Caller:
    """Return an agent of the shop."""
    return Caller(shop.workspace, Role.AGENT, user=shop.users[number])


@pytest.fixture
def stranger(client: Client) -> Client:
    """Somebody signed in to another workspace."""
    elsewhere = Workspace.objects.create(slug="elsewhere", name="Elsewhere")
    user = User.objects.create_user("eva@elsewhere.example")
    Membership.objects.create(workspace=elsewhere, user=user, role=Role.ADMIN)
    client.force_login(user)
    return client


def test_it_works(shop: Shop, client: Client) -> None:
    client.force_login(shop.users[0])
    answer = client.get("/inbox/")
    assert answer.status_code == 200
    assert answer.context["state"]["view"] == "mine"
    assert {row["assignee"]["name"] for row in answer.context["state"]["list"]["results"]} == {"Júlia Andrade"}


def test_it_counts_what_each_view_holds(shop: Shop) -> None:
    numbers = listing.counts(caller(shop))
    open_ones = Conversation.objects.unresolved()
    assert numbers["all"] == open_ones.count()
    assert numbers["mine"] == open_ones.filter(assignee=shop.users[0]).count()
    assert numbers["unassigned"] == open_ones.filter(assignee=None).count()


def test_it_starts_with_the_first_view_that_holds_something(shop: Shop) -> None:
    assert state.state(caller(shop, 3), "")["view"] == "unassigned"


def test_it_pages_through_every_row_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "ROWS_A_PAGE", 4)
    seen: list[str] = []
    mark = ""
    while mark is not None:
        page = listing.rows(caller(shop), "all", mark)
        seen += [row["id"] for row in page["results"]]
        mark = page["next"]
    newest_first = listing.of_view(caller(shop), "all").order_by("-last_message_at", "-id")
    assert seen == [str(key) for key in newest_first.values_list("pk", flat=True)]


def test_it_asks_the_same_number_of_questions_however_many_rows(
    shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    talk = shop.long_talk()
    with CaptureQueriesContext(connection) as few:
        state.state(caller(shop), "all", talk.pk)
    for number in range(9):
        person = shop.customer(f"Pessoa {number}")
        shop.say(shop.conversation(person, "instagram", shop.now), shop.now, "Oi")
        shop.say(talk, shop.now, "E mais uma coisa")
    with django_assert_num_queries(len(few)):
        state.state(caller(shop), "all", talk.pk)
    assert len(few) <= 42


def test_it_brings_a_quoted_message_from_before_the_page(shop: Shop) -> None:
    talk = shop.conversation(shop.customer("Ana Souza"), "whatsapp", shop.now - timedelta(hours=5))
    first = shop.say(talk, shop.now - timedelta(hours=4), "A primeira")
    for minute in range(opened.MESSAGES_A_PAGE):
        shop.say(talk, shop.now - timedelta(minutes=120 - minute), "Outra", reply_to=first)
    shown = opened.messages(shop.workspace, talk, [talk.customer])
    assert [message["text"] for message in shown["quoted"]] == ["A primeira"]
    assert (len(shown["messages"]), shown["earlier"]) == (opened.MESSAGES_A_PAGE, "more")


def test_it_goes_up_into_earlier_conversations(shop: Shop) -> None:
    talk = shop.long_talk()
    page = opened.messages(shop.workspace, talk, [talk.customer])
    assert page["earlier"] == "person"
    above = opened.page_before(shop.workspace, talk.pk, UUID(page["messages"][0]["id"]))
    assert [row["text"] for row in above["messages"]] == [
        "Queria a segunda via do boleto", "Troca de produto: o número veio errado",
    ]  # fmt: skip
    assert above["earlier"] == ""
    assert {row["conversation"] for row in above["messages"]} == set(above["episodes"])
    assert {episode["status"] for episode in above["episodes"].values()} == {"resolved"}


@pytest.mark.parametrize("path", ["/inbox/{}/", "/inbox/{}/thread/", "/inbox/state/?conversation={}"])
def test_it_shows_a_stranger_nothing(shop: Shop, stranger: Client, path: str) -> None:
    assert stranger.get(path.format(Conversation.objects.first().pk)).status_code == 404  # type: ignore[union-attr]


def test_it_lists_a_stranger_nothing(shop: Shop, stranger: Client) -> None:
    assert stranger.get("/inbox/rows/?view=all").json()["results"] == []
    assert stranger.get("/inbox/counts/").json()["all"] == 0


@pytest.mark.parametrize("path", ["/inbox/", "/inbox/state/", "/inbox/rows/", "/inbox/counts/"])
def test_it_sends_whoever_is_not_signed_in_to_the_door(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("mark", ["x", "2026-01-01~x", "~"])
def test_it_refuses_a_mark_that_is_none(shop: Shop, client: Client, mark: str) -> None:
    client.force_login(shop.users[0])
    assert client.get("/inbox/rows/", {"after": mark}).status_code == 400

"""What the feed reads by hand is what the API shows."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from conversations.api import reading
from conversations.live import rows
from conversations.models import Attachment, Label, Mention, Reaction
from tests import factories

pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    place = factories.workspace()
    member = factories.member(place, name="Ana")
    line, other = factories.channel(place), factories.channel(place, "instagram")
    label = Label.objects.create(workspace=place, name="Vip", color="red")
    whole = factories.customer(place, name="Maria")
    joined = factories.customer(place, name="", merged_into=whole)
    plain = factories.conversation(place, customer=factories.customer(place, name=""))
    first = factories.conversation(place)
    talk = factories.conversation(
        place,
        customer=joined,
        assignee=member,
        team=factories.team(place),
        label_ids=[label.pk],
        route_reason={"why": "ação"},
        due_at=timezone.now(),
        due_kind="first_response",
        folded_into=first,
    )
    said = factories.message(talk, line, "Olá ✓", referral={"source": "ad"})
    answer = factories.message(
        talk, other, direction="outbound", author=member, reply_to=said, error={"code": 131047, "title": "Too late"}
    )
    for emoji, by in (("❤️", "customer"), ("", "business")):
        Reaction.objects.create(workspace=place, message=said, by=by, emoji=emoji, at=timezone.now())
    for state in ("stored", "unavailable"):
        Attachment.objects.create(
            workspace=place, message=said, kind="image", state=state, thumbnail="t", size=7, reason="It is gone."
        )
    Mention.objects.create(workspace=place, conversation=talk, message=answer, user=member)
    talks = [plain.pk, first.pk, talk.pk]
    assert rows.messages(place, [said.pk, answer.pk]) == reading.messages(place, [said.pk, answer.pk])
    assert rows.conversations(place, talks) == reading.conversations(place, talks)
    assert rows.conversations(place, [talk.pk])[talk.pk]["customer_name"] == "Maria"


def test_it_knows_nothing_of_another_workspace() -> None:
    here, there = factories.workspace(), factories.workspace()
    talk = factories.conversation(there)
    said = factories.message(talk, factories.channel(there))
    assert rows.messages(here, [said.pk]) == {}
    assert rows.conversations(here, [talk.pk]) == {}


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_is_what_django_says_of_it() -> None:
    place = factories.workspace()
    assert rows.messages(place, []) == {}
    connection.connection.close()
    with pytest.raises(DatabaseError):
        rows.messages(place, [])
    connection.close()

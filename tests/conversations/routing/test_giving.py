"""Giving out what waits, taking it back, passing it on: with real rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import marking, pipeline, presence, route, triage
from conversations.act import act
from conversations.history import Actor
from conversations.models import Conversation, FeedEvent, HistoryEvent, Label
from conversations.reply import Words, reply
from hub.models import Membership, Presence, Workspace
from tests import factories
from tests.conversations.routing.conftest import Shop, pass_minutes, signed_in


def test_it_works(shop: Shop) -> None:
    """From online to given, silent, back, and given to somebody else: each step told with its reason."""
    ana = shop.agent("Ana", capacity=3, languages=["es"])
    talk = shop.talk(minutes=1, language="es")
    assert shop.work() == {"given": 1, "back": 0, "gone": 0}
    talk.refresh_from_db()
    assert (talk.assignee, talk.queued_at) == (ana, None)
    assert {**talk.route_reason, "at": ""} == {
        "rule": "least_busy", "at": "", "sorted": True, "agent": str(ana.pk), "name": "Ana", "load": 1, "capacity": 3,
        "speaks": "es",
    }  # fmt: skip
    event = HistoryEvent.objects.get(type="conversation.assigned")
    assert (event.actor_kind, event.data["by"], event.data["agent"]) == ("rule", "rule", ana.email)
    assert event.data["reason"] == talk.route_reason
    bia = shop.agent("Bia")
    pass_minutes(talk, 4)
    assert shop.work(by_clock=True)["back"] == 0
    pass_minutes(talk, 6)
    assert shop.work(by_clock=True) == {"given": 1, "back": 1, "gone": 0}
    talk.refresh_from_db()
    assert (talk.assignee, talk.route_reason["rule"]) == (bia, "least_busy")
    told = HistoryEvent.objects.get(type="conversation.queued").data
    assert (told["reason"], told["agent"], told["team"], told["by"]) == ("silent", ana.email, "Support", "rule")
    assert FeedEvent.objects.filter(kind="conversation.updated", subject_id=talk.pk).count() == 3
    shown = signed_in(bia).get(f"/api/v1/conversations/{talk.pk}").json()
    assert (shown["route_reason"]["name"], shown["route_reason"]["load"]) == ("Bia", 1)


def test_nobody_gets_more_than_they_may_carry_weighed_by_channel(shop: Shop) -> None:
    shop.place.settings = {"weights": {"sms": 3}}
    shop.place.save()
    ana = shop.agent("Ana", capacity=4)
    heavy = shop.talk(minutes=9, line=factories.channel(shop.place, "sms"))
    light = [shop.talk(minutes=number) for number in (8, 7, 6)]
    shop.work()
    assert list(Conversation.objects.filter(assignee=ana).order_by("opened_at")) == [heavy, light[0]]
    assert route.loads(shop.place, [ana.pk]) == {ana.pk: 4}
    act(shop.place.pk, lambda: triage.resolve(shop.place, heavy.pk, Actor(user=ana)))
    shop.work()
    assert Conversation.objects.filter(assignee=ana).exclude(status="resolved").count() == 3


def test_who_last_answered_gets_it_on_whatever_channel(shop: Shop) -> None:
    ana, bia = shop.agent("Ana"), shop.agent("Bia")
    before = shop.talk(minutes=50, assignee=bia, queued_at=None)
    act(shop.place.pk, lambda: reply(shop.place, before.pk, Actor(user=bia), Words(client_id="1", text="Hi")))
    act(shop.place.pk, lambda: triage.resolve(shop.place, before.pk, Actor(user=bia)))
    shop.talk(assignee=bia, queued_at=None)  # so that Ana would be the less busy one
    again = shop.talk(customer=before.customer, line=factories.channel(shop.place, "instagram"))
    shop.work()
    again.refresh_from_db()
    assert (again.assignee, again.route_reason["rule"], again.route_reason["load"]) == (bia, "sticky", 2)
    assert not Conversation.objects.filter(assignee=ana).exists()


def test_rules_sort_the_queue_by_what_is_known_of_the_customer(shop: Shop) -> None:
    care = factories.team(shop.place, "Care")
    shop.place.settings = {
        "routing": [
            {"name": "VIP", "if": {"attribute": {"tier": "gold"}}, "then": {"team": str(care.pk), "priority": 3}}
        ]
    }
    shop.place.save()
    gold = shop.talk(team=False, customer=factories.customer(shop.place, attributes={"tier": "gold", "language": "es"}))
    plain = shop.talk(team=False)
    shop.work()
    gold.refresh_from_db()
    assert (gold.team, gold.priority, gold.language, gold.assignee) == (care, 3, "es", None)
    assert (gold.route_reason["rule"], gold.route_reason["matched"]) == ("queue", "VIP")
    plain.refresh_from_db()
    assert (plain.team, plain.priority) == (None, 0)
    types = HistoryEvent.objects.filter(conversation=gold).values_list("type", flat=True)
    assert sorted(types) == ["conversation.prioritized", "conversation.queued"]
    before = HistoryEvent.objects.count()
    assert shop.work()["given"] == 0  # what was looked at is not looked at again
    assert HistoryEvent.objects.count() == before


def test_a_label_put_on_later_sorts_again_what_nobody_has(shop: Shop) -> None:
    care, label, other = factories.team(shop.place, "Care"), Label(name="VIP"), Label(name="Troca")
    for one in (label, other):
        one.workspace = shop.place
        one.save()
    rule = {"name": "VIP", "if": {"label": str(label.pk)}, "then": {"team": str(care.pk), "priority": 2}}
    shop.place.settings = {"routing": [rule]}
    shop.place.save()
    ana = shop.agent("Ana", capacity=1)
    had, waits, lay = shop.talk(minutes=9), shop.talk(minutes=8), shop.talk(minutes=7)
    assert shop.work()["given"] == 1
    lay.refresh_from_db()
    lay.route_reason |= {"rule": "silent", "from": str(ana.pk), "name": "Ana"}
    lay.save()
    put = lambda row, one: act(  # noqa: E731
        shop.place.pk, lambda: marking.label(shop.place, row.pk, Actor(user=ana), add=[one.pk])
    )
    assert [put(row, label).work for row in (had, waits)] == [("metrics",), ("metrics", "route")]
    assert put(lay, other).work == ("metrics",)
    assert shop.work()["given"] == 0
    for row in (had, waits, lay):
        row.refresh_from_db()
    assert (had.assignee, had.team, had.route_reason["rule"]) == (ana, shop.team, "least_busy")
    assert (waits.assignee, waits.team, waits.priority) == (None, care, 2)
    assert {**waits.route_reason, "at": ""} == {"rule": "queue", "at": "", "sorted": True, "matched": "VIP"}
    assert (lay.team, lay.route_reason["rule"], lay.route_reason["from"]) == (shop.team, "silent", str(ana.pk))
    told = HistoryEvent.objects.filter(conversation=waits).order_by("id").values_list("type", flat=True)
    assert list(told) == ["conversation.labeled", "conversation.prioritized", "conversation.queued"]
    put(lay, label)
    shop.work()
    lay.refresh_from_db()
    assert (lay.team, lay.route_reason["rule"], lay.route_reason["from"]) == (care, "queue", str(ana.pk))
    count = HistoryEvent.objects.count()
    shop.work()
    assert HistoryEvent.objects.count() == count  # asked once for each label


def test_it_passes_on_what_a_team_does_not_get_to(shop: Shop) -> None:
    helpers = factories.team(shop.place, "Helpers")
    helpers.routing = {"method": "round_robin"}
    helpers.save()
    shop.team.routing = {"method": "round_robin", "overflow_minutes": 10, "overflow_team": str(helpers.pk)}
    shop.team.save()
    caio = factories.member(shop.place, name="Caio")
    helpers.members.add(Membership.objects.get(user=caio))
    act(shop.place.pk, lambda: presence.say(shop.place, caio.pk, "online"))
    late, early = shop.talk(minutes=11), shop.talk(minutes=9)
    assert shop.work(by_clock=True) == {"given": 1, "back": 1, "gone": 0}
    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.team, late.assignee, early.team, early.assignee) == (helpers, caio, shop.team, None)
    told = HistoryEvent.objects.get(type="conversation.queued").data
    assert (told["reason"], told["team"], told["from_team"]) == ("overflow", "Helpers", "Support")


@pytest.mark.parametrize("gone", [Presence.OFFLINE, Presence.AWAY])
def test_who_is_gone_for_too_long_gives_back_what_waits_for_them(shop: Shop, gone: str) -> None:
    ana = shop.agent("Ana")
    waits, answered = shop.talk(assignee=ana, queued_at=None), shop.talk(assignee=ana, queued_at=None)
    answered.waiting_since = None
    answered.save()
    pass_minutes(waits, 4.9)
    past = timezone.now() - timedelta(minutes=12)
    said = {"presence": {"state": gone}} if gone == "offline" else {"input_at": past.isoformat()}
    Membership.objects.filter(user=ana).update(presence=gone, presence_since=past, settings=said)
    shop.team.routing |= {"silent_minutes": 60, "gone_minutes": 4}
    shop.team.save()
    assert shop.work(by_clock=True)["back"] == 1
    waits.refresh_from_db()
    answered.refresh_from_db()
    assert (waits.assignee, waits.route_reason["rule"], answered.assignee) == (None, "gone", ana)


def test_nothing_is_given_where_nothing_is_set_and_a_message_costs_no_query_more(shop: Shop) -> None:
    shop.team.routing = {}
    shop.team.save()
    shop.agent("Ana")
    talk = shop.talk(minutes=500)
    assert shop.work(by_clock=True) == {"given": 0, "back": 0, "gone": 0}
    talk.refresh_from_db()
    assert (talk.assignee, talk.route_reason) == (None, None)
    with CaptureQueriesContext(connection) as queries:
        route.routes(shop.place.pk)
        assert not route.routes(shop.place.pk)
    assert len(queries) <= 1
    assert pipeline.work_pending() == 0


def test_a_conversation_that_somebody_holds_waits_for_the_next_look(shop: Shop) -> None:
    shop.agent("Ana")
    talk = shop.talk()
    given = act(shop.place.pk, lambda: route.give(Workspace.objects.get(pk=shop.place.pk)))
    assert (given.count, given.again) == (1, False)
    assert act(shop.place.pk, lambda: route.give(shop.place)).count == 0
    talk.refresh_from_db()
    assert talk.assigned_at

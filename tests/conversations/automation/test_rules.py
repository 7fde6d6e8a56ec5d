"""Rules over the real pipeline: what fires, what is said, what is refused, and that every loop ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import translation
from hypothesis import given, strategies as st

from conversations import automation
from conversations.automation.conditions import Condition, Facts, holds
from conversations.automation.deciding import MOST_AN_HOUR, decide
from conversations.models import Conversation, HistoryEvent, Label, Message, Rule, RuleRun
from conversations.refusal import Refused
from hub.models import WorkingHours
from tests import factories
from tests.conversations import bodies
from tests.conversations.automation.conftest import hear, rule
from tests.conversations.conftest import Shop

Say = Callable[..., None]
committed = pytest.mark.django_db(transaction=True)
HELLO = {"do": "reply", "text": "Olá {{customer.first_name}}, já vamos responder."}
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@committed
def test_it_works(shop: Shop, said: Say) -> None:
    label = Label.objects.create(workspace=shop.workspace, name="Entrega")
    team = factories.team(shop.workspace, "Logística")
    rule(
        shop,
        "message.received",
        [
            HELLO,
            {"do": "label", "label": str(label.pk)},
            {"do": "assign", "team": str(team.pk)},
            {"do": "priority", "priority": 3},
        ],
        {"field": "text", "is": "contains", "value": ["pedido atrasado", "entrega"]},
        {"field": "channel_kind", "is": "one_of", "value": ["whatsapp"]},
        {"field": "repeat", "is": "once_per", "value": "conversation"},
    )
    said(
        bodies.text("wamid.1", body="Bom dia"),
        bodies.text("wamid.2", body="E a ENTRÉGA?"),
        bodies.text("wamid.3", body="entrega!"),
    )
    talk = Conversation.objects.get()
    assert (talk.label_ids, talk.team, talk.priority) == ([label.pk], team, 3)
    # What a rule says answers nobody: the customer still waits.
    assert (talk.status, talk.first_response_at, talk.waiting_since is not None) == ("waiting", None, True)
    answer = Message.objects.get(direction="outbound")
    assert (answer.author_kind, answer.text, answer.status) == ("system", "Olá Ana, já vamos responder.", "queued")
    run = RuleRun.objects.get()
    assert (run.fired, [step["do"] for step in run.why["steps"]]) == (True, ["reply", "label", "assign", "priority"])
    kinds = list(HistoryEvent.objects.filter(actor_kind="rule").order_by("id").values_list("type", flat=True))
    assert kinds == ["conversation.labeled", "conversation.assigned", "conversation.prioritized"]


@committed
def test_each_event_is_heard_once_however_often_followers_start_anew(shop: Shop, said: Say) -> None:
    from conversations.models import Follower

    rule(shop, "message.received", [HELLO])
    said(bodies.text("wamid.1"))
    Follower.objects.update(transaction=0)  # as after a crash before the mark was moved
    hear()
    assert (Message.objects.filter(direction="outbound").count(), RuleRun.objects.count()) == (1, 1)


@committed
def test_what_happened_before_a_rule_was_switched_on_does_not_start_it(shop: Shop, said: Say) -> None:
    said(bodies.text("wamid.1"))
    rule(shop, "message.received", [HELLO])
    hear()
    assert not RuleRun.objects.exists()
    said(bodies.text("wamid.2", at=int(datetime.now(UTC).timestamp()) - 2 * 86_400))  # a week of retries, say
    assert not RuleRun.objects.exists()


@committed
def test_what_cannot_be_done_is_left_out_and_said(shop: Shop, said: Say) -> None:
    gone = _label(shop)
    actions: list[dict[str, Any]] = [{"do": "label", "label": str(gone)}, {"do": "priority", "priority": 1}]
    made = rule(shop, "conversation.opened", actions)
    Label.objects.all().delete()
    with translation.override("en"):
        said(bodies.text("wamid.1"))
    assert Conversation.objects.get().priority == 1
    steps = RuleRun.objects.get(rule=made).why["steps"]
    assert [(step["done"], step["why"]) for step in steps] == [(False, f"There is no label {gone} here."), (True, "")]


def _label(shop: Shop, name: str = "Novo") -> Any:
    return Label.objects.create(workspace=shop.workspace, name=name).pk


@committed
def test_two_rules_that_start_each_other_come_to_an_end(shop: Shop, said: Say) -> None:
    one, other = _label(shop, "Um"), _label(shop, "Dois")

    def on(label: UUID) -> dict[str, Any]:
        return {"field": "label_added", "is": "one_of", "value": [str(label)]}

    def act(word: str, label: UUID) -> dict[str, Any]:
        return {"do": word, "label": str(label)}

    rule(shop, "conversation.opened", [act("label", one)])
    rule(shop, "conversation.labeled", [act("unlabel", other), act("label", other)], on(one), name="a")
    rule(shop, "conversation.labeled", [act("unlabel", one), act("label", one)], on(other), name="b")
    said(bodies.text("wamid.1"))
    for _ in range(10):
        hear()
    runs = list(RuleRun.objects.order_by("id").values_list("rule__name", "fired", "why__held"))
    # Opened (0) ▸ labeled by a rule (1): fires ▸ labeled by a rule's rule (2): held.
    assert [(name, fired, held) for name, fired, held in runs][1:] == [("a", True, None), ("b", False, "loop")]


@committed
def test_a_rule_fires_a_few_times_an_hour_in_a_conversation(shop: Shop, said: Say) -> None:
    rule(shop, "message.received", [{"do": "reply", "text": "?"}])
    said(*(bodies.text(f"wamid.{n}") for n in range(MOST_AN_HOUR + 2)))
    fired = list(RuleRun.objects.order_by("id").values_list("fired", "why__held"))
    assert fired == [(True, None)] * MOST_AN_HOUR + [(False, "too_often")] * 2


@committed
def test_it_greets_once_out_of_hours_in_each_closed_time(shop: Shop, said: Say) -> None:
    WorkingHours.objects.create(workspace=shop.workspace, zone="America/Sao_Paulo", periods=[])
    rule(
        shop,
        "message.received",
        [{"do": "reply", "text": "Estamos fechados."}],
        {"field": "hours", "is": "is", "value": "closed"},
        {"field": "repeat", "is": "once_per", "value": "closed_period"},
    )
    said(bodies.text("wamid.1"), bodies.text("wamid.2"))
    assert Message.objects.filter(direction="outbound").count() == 1


@committed
def test_a_menu_leads_to_the_team_that_was_pressed_or_typed(shop: Shop, said: Say) -> None:
    sales, help_ = factories.team(shop.workspace, "Vendas"), factories.team(shop.workspace, "Ajuda")
    options = [{"title": "Vendas", "team": str(sales.pk)}, {"title": "Suporte", "team": str(help_.pk)}]
    rule(shop, "conversation.opened", [{"do": "ask", "text": "Com quem quer falar?", "options": options}])
    said(bodies.text("wamid.1"))
    asked = Message.objects.get(direction="outbound")
    assert [one["id"] for one in asked.payload["choices"]] == [f"team:{sales.pk}", f"team:{help_.pk}"]
    said(bodies.text("wamid.2", body="suporte"))
    assert Conversation.objects.get().team == help_
    pressed = {"type": "button_reply", "button_reply": {"id": f"team:{sales.pk}", "title": "Vendas"}}
    said(bodies.messages(bodies.said("wamid.3", interactive=pressed)))
    talk = Conversation.objects.get()
    assert (talk.team, talk.queued_at is not None) == (sales, True)
    assert HistoryEvent.objects.filter(type="conversation.handoff").count() == 2
    talk.assignee = factories.member(shop.workspace, password=None)
    talk.save()
    said(bodies.text("wamid.4", body="suporte"))
    assert Conversation.objects.get().team == sales  # a person has it: an old menu takes it from nobody


@committed
def test_a_trial_is_the_real_run_without_doing_anything(shop: Shop, said: Say) -> None:
    plan = automation.Plan(
        name="t",
        event="message.received",
        conditions=[
            {"field": "text", "is": "contains", "value": ["oi"]},
            {"field": "repeat", "is": "once_per", "value": "conversation"},
        ],
        actions=[{"do": "reply", "text": "Oi!"}],
    )
    made = rule(shop, plan.event, list(plan.actions), *plan.conditions, name="t")
    said(bodies.text("wamid.1", body="nada"), bodies.text("wamid.2", body="oi"), bodies.text("wamid.3", body="Oi?"))
    said(bodies.text("wamid.4", sender=bodies.BRUNO, body="oi"))
    before = (Message.objects.count(), HistoryEvent.objects.count(), RuleRun.objects.count())
    trial = automation.dry_run(shop.workspace, plan.event, automation.made_ready(made))
    assert (trial.looked_at, trial.fired, trial.done) == (4, 2, ("reply",))
    assert {one.event_id for one in trial.matches} == set(RuleRun.objects.values_list("event_id", flat=True))
    assert (Message.objects.count(), HistoryEvent.objects.count(), RuleRun.objects.count()) == before


REFUSED = [
    ({"event": "nothing"}, "event", "Must be one of: message.received, "),
    ({"name": " "}, "name", "A rule needs a name."),
    ({"actions": []}, "actions", "There is nothing to do: add an action."),
    (
        {"actions": [{"do": "reply", "text": "{{customer.shoe}}"}]},
        "actions.0",
        "There is no variable {{customer.shoe}}.",
    ),
    ({"actions": [{"do": "snooze", "minutes": 0}]}, "actions.0", "Must be in the future."),
    ({"actions": [{"do": "fly"}]}, "actions.0", "Must be one of: ask, assign, handoff, "),
    ({"actions": [{"do": "assign"}]}, "actions.0", "Say a team or a member."),
    ({"conditions": [{"field": "moon", "is": "full"}]}, "conditions.0", "Must be one of: channel_kind, channel, "),
    ({"conditions": [{"field": "text", "is": "contains", "value": []}]}, "conditions.0", "Name at least one word."),
    (
        {"event": "conversation.resolved", "actions": [{"do": "resolve"}]},
        "actions.0",
        "This rule would start itself again and again: “A conversation is resolved” is also what this action causes.",
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "field", "sentence"), REFUSED)
def test_what_makes_no_sense_is_refused_where_it_was_entered(change: dict[str, Any], field: str, sentence: str) -> None:
    place = factories.workspace()
    usual: dict[str, Any] = {"name": "r", "event": "message.received", "actions": [{"do": "resolve"}], "active": True}
    with pytest.raises(Refused) as refused, translation.override("en"):
        automation.keep(place, automation.Plan(**usual | change))
    assert (refused.value.field, refused.value.sentence[: len(sentence)]) == (field, sentence)
    assert not Rule.objects.exists()


@pytest.mark.parametrize(
    ("condition", "facts", "holding"),
    [
        (("text", "contains", ["não"]), {"text": "Nao, obrigado"}, True),
        (("text", "contains", ["oi"]), {"text": "coisa"}, False),
        (("text", "lacks", ["oi"]), {"text": "coisa"}, True),
        (("assignee", "empty", None), {}, True),
        (("priority", "at_least", 2), {"priority": 1}, False),
        (("language", "one_of", ["PT"]), {"language": "pt"}, True),
        (("score", "at_most", 2), {}, False),
        (("score", "at_most", 2), {"score": 2}, True),
    ],
)
def test_conditions_hold(condition: tuple[str, str, Any], facts: dict[str, Any], holding: bool) -> None:
    one = Condition(field=condition[0], is_=condition[1], value=condition[2])
    assert holds(one, Facts(at=NOW, **facts)) is holding


@given(st.lists(st.integers(0, 7200), max_size=30).map(sorted), st.integers(0, 4))
def test_whatever_happens_a_rule_stops(seconds: list[int], depth: int) -> None:
    fired: list[datetime] = []
    for second in seconds:
        at = NOW + timedelta(seconds=second)
        decision = decide((), Facts(at=at, fired_at=tuple(fired)), depth)
        assert not decision.fires or depth <= 1
        if decision.fires:
            fired.append(at)
    for at in fired:
        assert sum(at - timedelta(hours=1) < other <= at for other in fired) <= MOST_AN_HOUR

"""Figures of service over told stories: queue, work, channels; each proved by rows that sum to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from conversations.models import Conversation, Customer, HistoryEvent
from hub.models import Workspace
from metrics import receipts
from metrics.evidence import page
from metrics.models import TouchFact
from metrics.query import Answer, answer, fresh
from metrics.question import metric_named, read
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.stories import DAY, at

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def ask(workspace: Workspace, metric: str, words: str = "") -> Answer:
    """Answer a question about the first days of March 2026 in UTC, from what is derived by then."""
    asked = read(workspace, metric_named(metric), QueryDict(f"tz=UTC&from=2026-03-01&to=2026-03-10&{words}"), NOW)
    return answer(asked, fresh(workspace)._replace(as_of=NOW))


def rows(given: Answer) -> dict[tuple[str | None, ...], float | None]:
    """Return the values by key, where there is one."""
    return {figure.key: given.value(figure) for figure in given.rows if figure.n}


def test_the_queue_is_waited_in_and_given_up(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00, assign 10:04 to=leo@loja.example, A 10:09")
    tell("C 10:00 channel=sms, A 10:10 agent=ana@loja.example")
    tell("C 10:00, resolve 10:30 by=rule")
    tell("C 10:00:00, resolve 10:00:03 by=rule")
    tell("C 9d 10:00")  # beyond the period
    tell("C 7d 10:00")
    derive_all()
    wait = ask(workspace, "queue_wait", "by=agent")
    assert rows(wait) == {("leo@loja.example",): 240, ("ana@loja.example",): 600}
    total = wait.total
    assert (total.n, total.mean, total.censored, total.set_aside) == (2, 420, 1, 2)
    assert total.oldest_open_seconds == timedelta(days=1, hours=2).total_seconds()
    assert total.survival == (600, None)
    gave_up = ask(workspace, "queue_abandonment", "by=channel")
    assert (gave_up.total.numerator, gave_up.total.denominator, gave_up.total.set_aside) == (1, 3, 1)
    assert rows(gave_up) == {("sms",): 0, ("whatsapp",): 0.5}
    assert [seen.counted for seen in page(gave_up.question).observations] == [False, False, True]


def test_depth_is_waiting_time_over_time(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00, A 10:30")
    tell("C 10:15 channel=sms, A 11:15")
    derive_all()
    hours = "from=2026-03-02T10:00&to=2026-03-02T12:00"
    given = ask_hours(workspace, hours)
    assert (given.total.value, given.total.n) == (0.75, 2)
    seen = page(given.question).observations
    assert sum(one.amount or 0 for one in seen) / sum(one.divisor or 0 for one in seen) == 0.75
    by_hour = ask_hours(workspace, f"{hours}&by=hour&by=channel")
    assert rows(by_hour) == {
        ("2026-03-02T10:00:00+00:00", "whatsapp"): 0.5,
        ("2026-03-02T10:00:00+00:00", "sms"): 0.75,
        ("2026-03-02T11:00:00+00:00", "sms"): 0.25,
    }
    assert by_hour.total.value == 0.75


def ask_hours(workspace: Workspace, words: str) -> Answer:
    """Answer a question about the depth of the queue between hours."""
    asked = read(workspace, metric_named("queue_depth"), QueryDict(f"tz=UTC&{words}"), NOW)
    return answer(asked, fresh(workspace)._replace(as_of=NOW))


def present(workspace: Workspace, agent: str, *changes: tuple[str, str]) -> None:
    """Write when somebody's presence changed to what."""
    for clock, state in changes:
        HistoryEvent.objects.create(
            workspace=workspace,
            type="presence.changed",
            occurred_at=at(clock, DAY),
            actor_kind="agent",
            actor_email=agent,
            data={"agent": agent, "from": "", "to": state, "reason": ""},
        )


def test_work_is_focus_over_presence_fixture_f20(workspace: Workspace, tell: Tell) -> None:
    leo, ana = "leo@loja.example", "ana@loja.example"
    a = f"C 09:59, assign 10:00 to={leo}, look 10:00 agent={leo}, leave 10:04 agent={leo}, look 10:06 agent={leo}, leave 10:09 agent={leo}"
    tell(f"{a}, A 10:08, resolve 10:30 agent={leo}")
    tell(f"C 10:00 channel=sms, look 10:04 agent={leo}, leave 10:06 agent={leo}, A 10:05, resolve 10:06 agent={leo}")
    tell(
        f"C 11:00, look 11:00 agent={leo}, leave 11:01 agent={leo}, look 11:01 agent={ana}, leave 11:03 agent={ana}, A 11:02, resolve 11:10 agent={ana}"
    )
    present(workspace, leo, ("10:00", "online"), ("10:45", "break"), ("11:00", "busy"), ("11:15", "offline"))
    present(workspace, ana, ("11:00", "online"), ("12:00", "away"))
    derive_all()
    handled = ask(workspace, "handle_time", "by=agent")
    assert rows(handled) == {(leo,): pytest.approx(200), (ana,): 120}  # 7 + 2 + 1 minutes over three, 2 over one
    assert (handled.total.n, handled.total.mean) == (3, 240)
    assert sorted(seen.seconds or 0 for seen in page(handled.question._replace(by=())).observations) == [120, 180, 420]
    assert rows(ask(workspace, "handle_time", "by=channel"))[("sms",)] == 120
    assert rows(ask(workspace, "handle_time", "by=basis")) == {("focus",): 240, ("assigned",): 1800}
    assert rows(ask(workspace, "occupancy", "by=agent")) == {(leo,): 10 / 60, (ana,): 2 / 60}
    assert ask(workspace, "occupancy").total.value == 0.1
    at_once = ask(workspace, "concurrency", "by=agent").rows
    assert {figure.key: figure.value for figure in at_once} == {(leo,): 0.5, (ana,): 0}  # there, and nothing in hand
    assert rows(ask(workspace, "resolved_per_hour", "by=agent")) == {(leo,): 2, (ana,): 1}
    at_ten = ("2026-03-02T10:00:00+00:00",)
    assert rows(ask(workspace, "occupancy", "by=hour"))[at_ten] == 9 / 45
    proof = receipts.write(ask(workspace, "occupancy", "by=agent"))
    assert receipts.recompute(proof)["as_of_mark"]["equal"] is True


def test_a_conversation_over_two_channels_is_a_case_of_its_own(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00, A 10:05 channel=sms, C 10:06 channel=instagram, A 10:07 channel=instagram, resolve 11:00")
    tell("C 10:00, A 10:05, resolve 10:10")
    tell("C 10:00, A 10:05 channel=sms, resolve 10:30")
    tell("C 10:00, B 10:01 channel=sms, A 10:05, resolve 10:20")  # a machine's word elsewhere is no move
    derive_all()
    given = ask(workspace, "cross_channel_resolution_time", "by=closing_channel&by=channel")
    assert rows(given) == {("instagram", "whatsapp"): 3600, ("sms", "whatsapp"): 1800}
    assert (given.total.n, given.total.p50) == (2, 2700)
    beside = ask(workspace, "cross_channel_resolution_time", "by=reach")
    assert rows(beside) == {("cross_channel",): 2700, ("single_channel",): 900}
    assert beside.total.n == 2


def labeled(conversation: Conversation, clock: str, label: str, kind: str = "conversation.labeled") -> None:
    """Put a label on a conversation, or take it off."""
    HistoryEvent.objects.create(
        workspace=conversation.workspace, customer=conversation.customer, conversation=conversation, type=kind,
        occurred_at=at(clock, DAY), data={"label": label},
    )  # fmt: skip


def test_conversations_about_one_matter_are_one_case(workspace: Workspace, tell: Tell) -> None:
    """K04b: the same person and the same label or opportunity, at most 72 hours between; taking the label off parts them."""
    bia, leo, ana = (Customer.objects.create(workspace=workspace, name=name) for name in ("Bia", "Leo", "Ana"))
    first = tell("C 10:00, A 10:05, resolve 11:00", DAY, bia)
    other = tell("C 1d 10:00 channel=sms, A 1d 10:05 channel=sms, resolve 1d 12:00", DAY, bia)  # of another matter
    back = tell("C 3d 11:00 channel=instagram, A 3d 11:01 channel=instagram, resolve 3d 12:00", DAY, bia)
    for conversation, label in ((first, "swap"), (other, "bill"), (back, "swap"), (back, "vip")):
        labeled(conversation, "3d 12:30", label)
    tell("C 10:00, A 10:05, resolve 11:00", DAY, leo)
    tell("C 2d 10:00 channel=sms, A 2d 10:05 channel=sms, resolve 2d 10:10", DAY, leo)
    tell("C 5d 10:11, A 5d 10:12, resolve 5d 10:20", DAY, leo)  # a minute too late
    for step, clock in (("opened", "10:30"), ("won", "2d 10:05")):
        HistoryEvent.objects.create(
            workspace=workspace, customer=leo, type=f"opportunity.{step}", occurred_at=at(clock, DAY), data={"opportunity": "o"}
        )  # fmt: skip
    tell("C 10:00, A 10:05, resolve 11:00", DAY, ana)
    tell(
        "C 1d 10:00 channel=sms, A 1d 10:05 channel=sms, resolve 1d 10:30", DAY, ana
    )  # nothing says that it is the same
    derive_all()
    given = ask(workspace, "cross_channel_resolution_time", "by=channel&by=closing_channel")
    bias, leos = 74 * 3_600, 48 * 3_600 + 600
    assert rows(given) == {("whatsapp", "instagram"): bias, ("whatsapp", "sms"): leos}
    seen = page(given.question).observations
    assert [(one.conversation_id, one.seconds) for one in seen][1] == (back.pk, bias)
    assert sum(one.seconds or 0 for one in seen) == (given.total.mean or 0) * given.total.n
    business = ask(workspace, "cross_channel_resolution_time", "clock=business")
    assert business.total.mean == (2 * 3_600 + 3_600 + 600) / 2  # only while a conversation was open
    proof = receipts.write(given)
    labeled(back, "3d 12:40", "swap", "conversation.unlabeled")
    derive_all()
    again = receipts.recompute(proof)
    assert again["as_of_mark"]["equal"] is True
    assert (again["now"]["equal"], again["now"]["total"]["n"]) == (False, 1)
    assert ask(workspace, "cross_channel_resolution_time", "reach=single_channel").total.n == 6


def test_what_no_customer_answered_is_no_conversation(workspace: Workspace, tell: Tell) -> None:
    """R2: a session opens at the customer's message, or at one of ours that they answer."""
    tell("P 10:00")
    tell("P 10:00, resolve 11:00 by=rule")
    tell("open 10:00, assign 10:00 to=ana@loja.example, A 10:00, resolve 12:00")
    tell("open 10:00, A 10:00, C 10:20, A 10:30, resolve 11:00")
    derive_all()
    total = ask(workspace, "resolution_time").total
    assert (total.n, total.p50, total.censored, total.set_aside) == (1, 3600, 0, 0)
    assert ask(workspace, "cross_channel_resolution_time", "reach=single_channel").total.censored == 0
    volume = ask(workspace, "interaction_volume").total
    assert (volume.n, volume.inbound, volume.outbound) == (0, 1, 3)


def test_people_prefer_the_channel_they_lately_used(workspace: Workspace, tell: Tell) -> None:
    old = DAY - timedelta(days=120)
    often = Customer.objects.create(workspace=workspace)
    tell(
        "C 10:00 channel=sms, C 10:01 channel=sms, C 10:02 channel=sms, A 10:03, resolve 10:04", old, often
    )  # worth 1/4 each
    tell("C 10:00, A 10:01, resolve 10:02", DAY, often)
    tell("C 10:00 channel=instagram, C 10:01 channel=instagram, A 10:02", DAY)  # two say nothing
    buyer = tell("C 10:00 channel=email, A 10:02", DAY).customer
    tell("C 10:00 channel=webchat, C 10:01 channel=webchat, C 10:02, A 10:02", DAY - timedelta(days=200))  # forgotten
    derive_all()
    for number in (1, 2):
        TouchFact.objects.create(
            id=-number, workspace=workspace, customer_id=buyer.pk, kind="store.visit", channel_kind="store", at=DAY, store="", campaign=""
        )  # fmt: skip
    given = ask(workspace, "channel_preference", "by=channel")
    assert rows(given) == {("store",): 0.5, ("whatsapp",): 0.5}
    assert (given.total.value, given.total.denominator, given.total.set_aside) == (1, 2, 1)


def test_service_is_consistent_when_channels_are_alike(workspace: Workspace, tell: Tell) -> None:
    for number in range(30):
        tell(f"C 10:00:{number:02}, A 10:01:{number:02}")
        tell(f"C 10:00:{number:02} channel=sms, A 10:03:{number:02}")
    tell("C 10:00 channel=email, A 12:00")  # too few to say anything
    derive_all()
    given = ask(workspace, "channel_consistency", "by=measure")
    assert rows(given) == {("first_response_time",): 0.5}  # 60 s and 180 s: 60 s around a mean of 120 s
    assert Conversation.objects.count() == 61

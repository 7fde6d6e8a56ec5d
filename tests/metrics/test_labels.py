"""Figures by label: a conversation counts under every label it has, as of the answer, and nothing is counted twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from conversations.models import Conversation, HistoryEvent, Label
from hub.models import Workspace
from metrics import heavy, receipts
from metrics.evidence import page
from metrics.models import LabelFact
from metrics.query import Answer, answer
from metrics.question import Question, metric_named, read
from metrics.rebuild import differences
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.test_views import YESTERDAY, browser, page as shown

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def question(workspace: Workspace, metric: str, words: str) -> Question:
    """Read a question about the first days of March 2026."""
    return read(workspace, metric_named(metric), QueryDict(f"tz=UTC&from=2026-03-01&to=2026-03-10&{words}"), NOW)


def ask(workspace: Workspace, metric: str, *labels: str, by: str = "") -> Answer:
    """Answer a question kept to some labels."""
    words = "&".join([*(f"label={quote(label)}" for label in labels), *([f"by={by}"] if by else [])])
    return answer(question(workspace, metric, words))


def rows(given: Answer) -> dict[str | None, float | None]:
    """Return the values by label, where there is one."""
    return {figure.key[-1]: given.value(figure) for figure in given.rows if figure.n}


def mark(talk: Conversation, label: Label, word: str = "labeled", at: datetime = NOW) -> None:
    """Put a label on a conversation, or take it off, as history tells it."""
    HistoryEvent.objects.create(
        workspace=talk.workspace, customer=talk.customer, conversation=talk, type=f"conversation.{word}", occurred_at=at,
        actor_kind="agent", data={"label": label.name, "label_id": str(label.pk)},
    )  # fmt: skip


@pytest.fixture
def labels(workspace: Workspace) -> tuple[Label, Label]:
    """Return two labels."""
    swap, vip = (Label.objects.create(workspace=workspace, name=name) for name in ("Swap", "VIP"))
    return swap, vip


def test_it_works(workspace: Workspace, tell: Tell, labels: tuple[Label, Label]) -> None:
    swap, vip = labels
    both = tell("C 10:00, A 10:05, C 10:10, A 10:11, resolve 11:00")
    one = tell("C 10:00, assign 10:05 to=ana@loja.example, A 10:10")
    tell("C 10:00 channel=sms, A 10:20 channel=sms")
    relieved, waiting = tell("C 10:00, A 10:30"), tell("C 10:00")
    for talk, label in ((both, vip), (both, swap), (one, swap), (relieved, vip), (waiting, vip)):
        mark(talk, label)
    mark(relieved, vip, "unlabeled", NOW + timedelta(minutes=1))
    survey = {"survey": "csat", "score": 5, "touchpoint": "service"}
    HistoryEvent.objects.create(
        workspace=workspace, customer=both.customer, conversation=both, type="survey.answered", occurred_at=both.opened_at, data=survey
    )  # fmt: skip
    derive_all()
    a, b = str(swap.pk), str(vip.pk)
    given = ask(workspace, "first_response_time", by="label")
    assert rows(given) == {a: 450, b: 300, None: 1_500}
    assert (given.total.n, given.total.mean, given.total.censored) == (4, 975, 1)
    assert {figure.key[0]: figure.censored for figure in given.rows if figure.censored} == {b: 1}
    assert rows(ask(workspace, "reply_time", by="label")) == {a: 320, b: 180, None: 1_500}
    assert rows(ask(workspace, "resolution_time", by="label")) == {a: 3_600, b: 3_600}
    assert rows(ask(workspace, "csat", by="label")) == {a: 1, b: 1}
    assert rows(ask(workspace, "queue_wait", by="label")) == {a: 300, b: 300, None: 1_500}
    volume = ask(workspace, "interaction_volume", by="channel&by=label")
    said = {figure.key: (figure.n, figure.inbound, figure.outbound) for figure in volume.rows}
    assert said == {
        ("whatsapp", a): (2, 3, 3), ("whatsapp", b): (2, 3, 2), ("whatsapp", None): (1, 1, 1), ("sms", None): (1, 1, 1),
    }  # fmt: skip
    assert (volume.total.n, volume.total.inbound, volume.total.people) == (5, 6, 5)
    # Kept to several labels a conversation that has them all is counted once; an empty one asks for those without any.
    assert [ask(workspace, "interaction_volume", *some).total.n for some in ((a,), (b,), (a, b), ("",), ("", a), ("x",))] == [
        2, 2, 3, 2, 4, 0,
    ]  # fmt: skip
    assert rows(ask(workspace, "first_response_time", b, by="label")) == {b: 300}
    kept = ask(workspace, "reply_time", a, b)
    seen = page(kept.question).observations
    assert sum(wait.seconds or 0 for wait in seen) == (kept.total.mean or 0) * kept.total.n == 960
    assert {wait.split["label"] for wait in seen if wait.conversation_id == both.pk} == {",".join(sorted((a, b)))}
    assert {wait.split["label"] for wait in page(ask(workspace, "reply_time", "").question).observations} == {None}
    assert not heavy.can_answer(given.question)
    assert not heavy.can_answer(kept.question)
    with pytest.raises(ValidationError) as refused:
        question(workspace, "sales_by_channel", f"label={a}")
    assert set(refused.value.get_full_details()) == {"label"}


def test_a_label_put_on_or_taken_off_later_restates_what_was_told(
    workspace: Workspace, tell: Tell, labels: tuple[Label, Label]
) -> None:
    swap, vip = labels
    first, other = tell("C 10:00, A 10:05"), tell("C 10:00, A 10:15")
    mark(first, swap)
    mark(other, swap)
    derive_all()
    proof = receipts.write(ask(workspace, "first_response_time", str(swap.pk), by="label"))
    mark(other, swap, "unlabeled", NOW + timedelta(minutes=1))
    mark(other, vip, at=NOW + timedelta(minutes=1))
    derive_all()
    again = receipts.recompute(proof)
    assert again["as_of_mark"]["equal"] is True
    assert (again["as_of_mark"]["total"]["n"], again["now"]["total"]["n"]) == (2, 1)
    why = ["conversation.labeled", "conversation.unlabeled"]
    assert again["now"]["changes"] == [{"conversation": str(other.pk), "because": why}]
    # While they are one, what was taken off one of them last is off; parted, each has its own again.
    Conversation.objects.filter(pk=other.pk).update(folded_into=first)
    derive_all()
    assert list(LabelFact.objects.values_list("conversation_id", "label")) == [(first.pk, str(vip.pk))]
    Conversation.objects.filter(pk=other.pk).update(folded_into=None)
    derive_all()
    own = set(LabelFact.objects.values_list("conversation_id", "label"))
    assert own == {(first.pk, str(swap.pk)), (other.pk, str(vip.pk))}
    assert list(differences(workspace)) == []
    workspace.delete()
    assert not LabelFact.objects.exists()


def test_pages_offer_labels_by_their_names(workspace: Workspace, tell: Tell, labels: tuple[Label, Label]) -> None:
    swap, vip = labels
    plain = tell("C 15:00, A 15:09", day=YESTERDAY)
    client = browser(workspace)
    derive_all()
    at_first = shown(client, "/metrics/first_response_time/?period=7")
    assert "rank-first_response_time-label" not in at_first
    talk = tell("C 15:00, A 15:02", day=YESTERDAY)
    mark(talk, swap, at=YESTERDAY)
    mark(plain, vip, at=YESTERDAY)
    derive_all()
    Label.objects.filter(pk=swap.pk).update(name="Exchange")  # since then it is called otherwise
    vip.delete()
    kept = shown(client, f"/metrics/first_response_time/?period=7&label={swap.pk}")
    assert "Label: Exchange" in kept
    assert "rank-first_response_time-label" in kept
    assert "VIP" not in kept
    assert "VIP" in shown(client, "/metrics/first_response_time/?period=7")  # what was removed stays what it was called
    csv = shown(client, f"/metrics/first_response_time/rows.csv?period=7&open=first_response_time&in.label={swap.pk}")
    assert next(line for line in csv.splitlines() if str(talk.pk) in line).count(str(swap.pk)) == 1
    assert str(plain.pk) not in csv
    drawer = shown(client, f"/metrics/?period=7&open=reply_time&in.label={swap.pk}", **{"HX-Target": "drawer"})
    assert "Exchange" in drawer
    assert "2 min" in drawer

"""The rules of measuring, one by one, on stories of one conversation."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, strategies as st

from metrics.derive import NOTHING, derive
from metrics.records import Episode, Facts, Happening, Wait
from tests.metrics.stories import at, message, story

MINUTE = 60_000_000
SECOND = 1_000_000


def facts(text: str) -> Facts:
    """Derive a story told in short words."""
    return derive(story(text))


def waits(text: str) -> list[float | None]:
    """Return the minutes of each wait."""
    return [wait.elapsed and wait.elapsed / MINUTE for wait in facts(text).waits]


def only(text: str) -> Wait:
    """Return the single wait of a story."""
    (wait,) = facts(text).waits
    return wait


def episode(text: str) -> Episode:
    """Return the conversation as a whole."""
    found = facts(text).episode
    assert found is not None
    return found


def test_it_works() -> None:
    wait = only("C 10:00, A 10:05")
    assert (wait.outcome, wait.elapsed, wait.agent) == ("answered", 5 * MINUTE, "ana@loja.example")
    assert (wait.opening_message_id, wait.closing_message_id) == (message(1), message(2))


def test_it_says_nothing_of_nothing() -> None:
    assert derive([]) == NOTHING
    assert derive([Happening(1, "conversation.snoozed", at("10:00"))]) == NOTHING


def test_fixture_f3_measures_waits_and_not_messages() -> None:
    text = "C 10:00, C 10:02, A 10:05, A 10:06, C 10:10, B 10:11, A 10:20"
    assert waits(text) == [5, 10]
    assert episode(text).response_elapsed == 5 * MINUTE


def test_fixture_f4_measures_from_the_handoff_when_a_bot_took_part() -> None:
    told = episode("C 09:00:00, B 09:00:02, C 09:01:00, handoff 09:01:05 by=bot, A 09:04:00")
    assert told.any_elapsed == 2 * SECOND
    assert told.from_inbound_elapsed == 4 * MINUTE
    assert told.from_handoff_elapsed == told.response_elapsed == 175 * SECOND
    assert told.response_from == "handoff"


def test_fixture_f5_closes_a_bots_conversation_without_a_human_answer() -> None:
    """The return on Friday is another conversation, whose first response is ten minutes."""
    first = episode("C 09:00, B 09:01, resolve 09:05 by=bot")
    assert (first.response, first.response_elapsed) == ("unanswered", 5 * MINUTE)
    assert episode("C 4d 14:00, A 4d 14:10").response_elapsed == 10 * MINUTE


def test_a_bot_a_campaign_and_the_system_end_no_wait() -> None:
    assert only("C 10:00, B 10:01, S 10:02, P 10:03").outcome == "open"


def test_a_note_ends_no_wait_and_a_sticker_does() -> None:
    assert only("C 10:00, A 10:01 kind=note, A 10:04 kind=sticker").elapsed == 4 * MINUTE


def test_a_reaction_begins_no_wait() -> None:
    assert facts("A 10:00, C 10:01 kind=reaction").waits == ()


def test_a_reply_typed_on_the_paired_phone_is_human() -> None:
    wait = only("C 10:00, D 10:03")
    assert (wait.outcome, wait.elapsed, wait.agent) == ("answered", 3 * MINUTE, "")


def test_a_failed_reply_never_was_and_the_clock_runs_on() -> None:
    wait = only("C 10:00, A 10:05, fail 10:06 of=2, A 10:09")
    assert (wait.elapsed, wait.closing_message_id) == (9 * MINUTE, message(4))


def test_a_reply_that_came_through_after_all_counts() -> None:
    assert only("C 10:00, A 10:05, fail 10:06 of=2, recover 10:07 of=2, A 10:09").elapsed == 5 * MINUTE


def test_a_close_without_reply_is_unanswered() -> None:
    wait = only("C 10:00, resolve 10:30")
    assert (wait.outcome, wait.elapsed, wait.agent) == ("unanswered", 30 * MINUTE, "")


def test_an_open_wait_has_no_length() -> None:
    wait = only("C 10:00, C 10:10")
    assert (wait.outcome, wait.started_at, wait.ended_at, wait.elapsed) == ("open", at("10:00"), None, None)


def test_a_wait_belongs_to_the_channel_that_opened_it_and_to_the_author_of_the_reply() -> None:
    wait = only("C 10:00 channel=instagram, C 10:01 channel=whatsapp, assign 10:02 agent=leo@x team=Sales, A 10:05")
    assert (wait.channel_kind, wait.agent, wait.team) == ("instagram", "ana@loja.example", "Sales")


def test_a_reopened_conversation_measures_waits_only() -> None:
    text = "C 10:00, A 10:05, resolve 10:10, C 12:00, reopen 12:00, A 12:20, resolve 12:30"
    told = episode(text)
    assert waits(text) == [5, 20]
    assert (told.response_elapsed, told.reopened_count) == (5 * MINUTE, 1)
    assert (told.first_resolution_elapsed, told.resolution_elapsed) == (10 * MINUTE, 150 * MINUTE)
    assert told.active_elapsed == 25 * MINUTE


def test_a_reopened_conversation_has_no_final_close_until_the_next() -> None:
    told = episode("C 10:00, A 10:05, resolve 10:10, reopen 11:00")
    assert (told.first_resolved_at, told.resolved_at, told.resolution_elapsed) == (at("10:10"), None, None)


def test_a_second_close_says_nothing() -> None:
    told = episode("C 10:00, A 10:05, resolve 10:10, resolve 11:00 by=rule")
    assert (told.resolved_at, told.resolved_by) == (at("10:10"), "agent")


def test_an_agents_own_beginning_has_no_first_response() -> None:
    told = episode("open 10:00, A 10:00, C 10:30, A 10:31")
    assert (told.opened_by_customer, told.response, told.response_elapsed) == (False, "none", None)
    assert waits("open 10:00, A 10:00, C 10:30, A 10:31") == [1]


def test_an_answered_campaign_is_begun_by_the_customer() -> None:
    told = episode("P 08:00, C 10:00, A 10:02")
    assert (told.opened_at, told.opened_by_customer, told.response_elapsed) == (at("10:00"), True, 2 * MINUTE)


def test_volume_counts_campaigns_only_once_answered() -> None:
    (answered,) = facts("P 08:00, C 10:00, A 10:02, P 11:00").volumes
    assert (answered.inbound, answered.outbound) == ((at("10:00"),), (at("08:00"), at("10:02")))


def test_volume_is_cut_by_channel_and_day() -> None:
    cells = facts("C 23:50, B 23:51, C 1d 00:10 channel=sms").volumes
    assert [(cell.channel_kind, len(cell.inbound), len(cell.outbound)) for cell in cells] == [
        ("whatsapp", 1, 1),
        ("sms", 1, 0),
    ]


def test_at_the_same_instant_arrival_decides_nothing() -> None:
    assert only("resolve 10:05, A 10:05, C 10:00").outcome == "answered"


def test_the_same_message_told_twice_counts_once() -> None:
    once = story("C 10:00, A 10:05")
    again = msgspec.structs.replace(once[1], id=9)
    assert derive([*once, again]) == derive(once)


LINES = st.sampled_from(
    ["C", "A", "B", "D", "P", "handoff by=bot", "resolve", "resolve by=rule", "reopen", "assign team=Sales"]
)
CHANNELS = st.sampled_from(["whatsapp", "instagram"])


@st.composite
def stories(draw: st.DrawFn) -> list[Happening]:
    """Any story, with failures of messages that were sent."""
    lines = []
    for number in range(1, draw(st.integers(0, 14)) + 1):
        line = draw(LINES)
        clock = f"{draw(st.integers(0, 50)) * 3 // 60 + 8:02}:{draw(st.integers(0, 59)):02}"
        lines.append(f"{line} {clock} channel={draw(CHANNELS)}")
        if line == "A" and draw(st.booleans()):
            lines.append(f"fail 23:00 of={number}")
    return story(",".join(lines)) if lines else []


@given(stories(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_the_same(events: list[Happening], chance: random.Random) -> None:
    shuffled = [*events, *chance.choices(events, k=len(events))] if events else []
    chance.shuffle(shuffled)
    assert derive(shuffled) == derive(events)


@given(stories())
def test_waits_never_overlap_and_never_run_backwards(events: list[Happening]) -> None:
    end = at("00:00")
    for wait in derive(events).waits:
        assert wait.started_at >= end
        assert wait.elapsed is None or wait.elapsed >= 0
        end = wait.ended_at or at("9d 00:00")


@given(stories())
def test_nothing_lasts_less_than_no_time(events: list[Happening]) -> None:
    told = derive(events).episode
    lengths = [value for name, value in (told._asdict() if told else {}).items() if name.endswith("elapsed")]
    assert all(value is None or value >= 0 for value in lengths)

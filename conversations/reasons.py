"""Why a delivery or an item ended as it did, in the reader's language: what is kept are codes and English sentences."""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop

CODES = {
    "not_json": gettext_noop("The body is no JSON."),
    "empty_body": gettext_noop("The body is empty."),
    "too_deep": gettext_noop("The body is nested too deeply."),
    "not_a_form": gettext_noop("The body is no form."),
    "not_an_object": gettext_noop("Part of it is not what the provider says it sends."),
    "not_events": gettext_noop("The body holds no list of events."),
    "unknown_object": gettext_noop("It is about a kind of account that is not known here."),
    "nothing_inside": gettext_noop("Nothing is inside."),
    "no_message": gettext_noop("It names no message."),
    "no_status": gettext_noop("It names no status."),
    "missing_id": gettext_noop("The message has no id."),
    "missing_message_sid": gettext_noop("The message has no id."),
    "missing_target": gettext_noop("It does not say which message it is about."),
    "missing_identity": gettext_noop("It does not say who it is about."),
    "invalid_timestamp": gettext_noop("Its time cannot be read."),
}
# What stands in a blank was in the body, or is ours: names are shown as they are.
SENTENCES = (
    gettext_noop("No channel of this connection has the address %(what)s."),
    gettext_noop("Noted: %(what)s."),
    gettext_noop("Unknown here: %(what)s."),
    gettext_noop("No adapter reads %(what)s."),
    gettext_noop("The reader failed: %(what)s."),
    gettext_noop("Not a body of the visitors' door: %(what)s."),
    gettext_noop("It stopped the worker each time it was read."),
    gettext_noop("It stopped the worker each time it was tried."),
    gettext_noop("A message id is longer than any provider's."),
    gettext_noop("The item names no address that could be kept."),
    gettext_noop("The change names nobody who is known here."),
    gettext_noop("The echo of a message sent from here."),
    gettext_noop("Nobody with this address is known here."),
    gettext_noop("It came before its message and waits for it."),
    gettext_noop("A status of a message that came in."),
    gettext_noop("An earlier try of a message that was sent again failed."),
    gettext_noop("The order it is about is not known here yet."),
    gettext_noop("What was said there is being asked for."),
    gettext_noop("The account itself wrote it."),
    gettext_noop("It is a message here already."),
    gettext_noop("A test."),
    gettext_noop("Not an order yet."),
    gettext_noop("Would give back %(total)s of an order of %(worth)s %(currency)s."),
    gettext_noop("Must be one of: %(words)s."),
    gettext_noop("Must be a whole number from %(lowest)d to %(highest)d."),
    gettext_noop("May hold at most %(limit)d characters."),
    gettext_noop("May hold at most %(limit)d entries."),
    gettext_noop("Must not be before %(year)d."),
)
BLANK = re.compile(r"%\((\w+)\)[sd]")
OF_A_FIELD = re.compile(r"(?P<field>[a-z_]+(?:\.[a-z_]+)*): (?P<sentence>.+)", re.DOTALL)


def in_words(reason: str) -> str:
    """Return a kept reason in the reader's language; a provider's refusal is its own sentence, what nobody put into words stays."""
    if reason in CODES:
        return gettext(CODES[reason])
    if (told := OF_A_FIELD.fullmatch(reason)) is not None:
        return f"{told['field']}: {in_words(told['sentence'])}"
    for sentence, pattern in _patterns():
        if found := pattern.fullmatch(reason):
            return _filled(gettext(sentence), found.groupdict())
    return gettext(reason) if reason else reason


def _filled(sentence: str, blanks: dict[str, str]) -> str:
    return BLANK.sub(lambda blank: blanks[blank[1]], sentence)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((one, re.compile(_pattern(one), re.DOTALL)) for one in SENTENCES)


def _pattern(sentence: str) -> str:
    """Return what matches a sentence whatever stands in its blanks."""
    texts = BLANK.split(sentence)  # a text and the name of the blank after it, in turns
    return "".join(f"(?P<{one}>.*)" if place % 2 else re.escape(one) for place, one in enumerate(texts))

"""If: what a rule may ask of an event and its conversation, read strictly, and whether it holds. Pure: it knows no database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from conversations.channels.registry import CHANNELS
from conversations.perform.menu import plain
from conversations.refusal import Refused

MOST_CONDITIONS = 12
VALUE_LENGTH = 200
WORD = re.compile(r"\w+")
# What may be asked of each field.
OPERATORS: dict[str, tuple[str, ...]] = {
    "channel_kind": ("one_of", "none_of"),
    "channel": ("one_of", "none_of"),
    "text": ("contains", "lacks"),
    "first_message": ("is",),
    "hours": ("is",),
    "team": ("one_of", "none_of", "empty"),
    "assignee": ("empty", "set"),
    "label": ("has", "lacks"),
    "label_added": ("one_of",),
    "priority": ("at_least", "at_most"),
    "language": ("one_of", "none_of"),
    "attribute": ("equals", "contains", "empty", "set"),
    "option": ("equals",),
    "survey": ("one_of",),
    "score": ("at_least", "at_most"),
    "repeat": ("once_per",),
}
IDS = {"channel", "team", "label", "label_added"}
WORDS = {"channel_kind", "text", "language", "survey"}
NUMBERS = {"priority": 4, "score": 10}
CHOICES: dict[str, tuple[Any, ...]] = {
    "first_message": (True, False),
    "hours": ("open", "closed"),
    "repeat": ("conversation", "closed_period"),
}
VALUELESS = {"empty", "set"}


class Condition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that must hold: ``field`` stands to ``value`` as ``is`` says; ``key`` names the attribute of a customer."""

    field: str
    is_: str = msgspec.field(name="is")
    value: Any = None
    key: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule sees: the event and the conversation at that moment.

    ``open`` whether working hours run, ``closed_since`` since when they do not. ``fired_at`` is when this very rule fired in
    this conversation before, oldest first.
    """

    at: datetime
    channel_kind: str = ""
    channel_id: UUID | None = None
    text: str = ""
    option: str = ""
    first_message: bool = False
    open: bool = True
    closed_since: datetime | None = None
    team_id: UUID | None = None
    assignee_id: UUID | None = None
    label_ids: tuple[UUID, ...] = ()
    label_added: UUID | None = None
    priority: int = 0
    language: str = ""
    attributes: Mapping[str, Any] = {}
    survey: str = ""
    score: int | None = None
    fired_at: tuple[datetime, ...] = ()


def read(kept: Any) -> tuple[Condition, ...]:
    """Return conditions as they are kept. Raises ``Refused`` (field ``conditions.<place>``) for one that makes no sense."""
    if not isinstance(kept, list | tuple):
        raise Refused("conditions", _("Must be a list of conditions."))
    if len(kept) > MOST_CONDITIONS:
        raise Refused("conditions", _("At most %(number)d conditions fit.") % {"number": MOST_CONDITIONS})
    found = []
    for place, one in enumerate(kept):
        try:
            condition = msgspec.convert(one, Condition)
        except msgspec.ValidationError as error:
            sentence = _("A condition has a field, what it is, and a value: %(part)s.") % {"part": str(error)}
            raise Refused(f"conditions.{place}", sentence) from error
        sentence = _objection(condition)
        if sentence:
            raise Refused(f"conditions.{place}", sentence)
        found.append(condition)
    return tuple(found)


def write(conditions: Sequence[Condition]) -> list[dict[str, Any]]:
    """Return conditions as they are kept."""
    return [msgspec.to_builtins(one) for one in conditions]


def _objection(one: Condition) -> str:
    """Return what is wrong with a condition, empty when nothing is."""
    if one.field not in OPERATORS:
        return _("Must be one of: %(words)s.") % {"words": ", ".join(OPERATORS)}
    if one.is_ not in OPERATORS[one.field]:
        return _("Must be one of: %(words)s.") % {"words": ", ".join(OPERATORS[one.field])}
    if one.field == "attribute" and not one.key.strip():
        return _("Say which field of the customer.")
    if one.is_ in VALUELESS:
        return ""
    return _against_value(one)


def _against_value(one: Condition) -> str:
    against = ""
    if one.field in IDS:
        against = "" if _ids(one.value) else _("Choose at least one.")
    elif one.field in WORDS:
        against = _against_words(one)
    elif one.field in NUMBERS:
        most = NUMBERS[one.field]
        if not isinstance(one.value, int) or isinstance(one.value, bool) or not 0 <= one.value <= most:
            against = _("Must be a number from 0 to %(number)d.") % {"number": most}
    elif one.field in CHOICES:
        if one.value not in CHOICES[one.field]:
            against = _("Must be one of: %(words)s.") % {"words": ", ".join(map(str, CHOICES[one.field]))}
    elif not isinstance(one.value, str) or not one.value.strip() or len(one.value) > VALUE_LENGTH:
        against = _("Say what it must be, in at most %(number)d characters.") % {"number": VALUE_LENGTH}
    return against


def _against_words(one: Condition) -> str:
    words = one.value
    if (
        not isinstance(words, list | tuple)
        or not all(isinstance(word, str) and word.strip() for word in words)
        or not words
    ):
        return _("Name at least one word.")
    known = {"channel_kind": set(CHANNELS), "survey": {"csat", "nps"}}.get(one.field)
    if known is not None and not set(words) <= known:
        return _("Must be one of: %(words)s.") % {"words": ", ".join(sorted(known))}
    if any(len(word) > VALUE_LENGTH for word in words):
        return _("May hold at most %(number)d characters.") % {"number": VALUE_LENGTH}
    return ""


def _ids(value: Any) -> tuple[UUID, ...]:
    """Return the ids in a value; none when one of them is no id."""
    try:
        return tuple(msgspec.convert(value, list[UUID]))
    except msgspec.ValidationError:
        return ()


def failing(conditions: Sequence[Condition], facts: Facts) -> Condition | None:
    """Return the first condition that does not hold, None when all do."""
    return next((one for one in conditions if not holds(one, facts)), None)


def holds(one: Condition, facts: Facts) -> bool:
    """Whether a condition holds."""
    return _JUDGES[one.field](one, facts)


def _among(value: Callable[[Facts], Any]) -> Callable[[Condition, Facts], bool]:
    def judge(one: Condition, facts: Facts) -> bool:
        found = value(facts)
        if one.is_ in VALUELESS:
            return (found is None) == (one.is_ == "empty")
        wanted = _ids(one.value) if one.field in IDS else {str(word).casefold() for word in one.value}
        inside = (found.casefold() if isinstance(found, str) else found) in wanted
        return inside == (one.is_ == "one_of")

    return judge


def _measured(value: Callable[[Facts], int | None]) -> Callable[[Condition, Facts], bool]:
    def judge(one: Condition, facts: Facts) -> bool:
        found = value(facts)
        if found is None:
            return False
        return bool(found >= one.value if one.is_ == "at_least" else found <= one.value)

    return judge


def _text(one: Condition, facts: Facts) -> bool:
    """Whether one of the words or phrases stands in the text as whole words, whatever its accents and capitals."""
    said = f" {' '.join(WORD.findall(plain(facts.text)))} "
    found = any(f" {' '.join(WORD.findall(plain(word)))} " in said for word in one.value if WORD.search(plain(word)))
    return found == (one.is_ == "contains")


def _labels(one: Condition, facts: Facts) -> bool:
    return bool(set(_ids(one.value)) & set(facts.label_ids)) == (one.is_ == "has")


def _attribute(one: Condition, facts: Facts) -> bool:
    found = facts.attributes.get(one.key)
    if one.is_ in VALUELESS:
        return (found in (None, "")) == (one.is_ == "empty")
    said, wanted = plain(str(found if found is not None else "")), plain(one.value)
    return said == wanted if one.is_ == "equals" else wanted in said


def _repeat(one: Condition, facts: Facts) -> bool:
    """Whether the rule may fire again: once in a conversation, or once in a time in which the house is closed."""
    if one.value == "conversation":
        return not facts.fired_at
    since = facts.closed_since
    return since is None or not any(at >= since for at in facts.fired_at)


_JUDGES: dict[str, Callable[[Condition, Facts], bool]] = {
    "channel_kind": _among(lambda facts: facts.channel_kind),
    "channel": _among(lambda facts: facts.channel_id),
    "text": _text,
    "first_message": lambda one, facts: facts.first_message is one.value,
    "hours": lambda one, facts: facts.open == (one.value == "open"),
    "team": _among(lambda facts: facts.team_id),
    "assignee": _among(lambda facts: facts.assignee_id),
    "label": _labels,
    "label_added": _among(lambda facts: facts.label_added),
    "priority": _measured(lambda facts: facts.priority),
    "language": _among(lambda facts: facts.language),
    "attribute": _attribute,
    "option": lambda one, facts: plain(facts.option) == plain(one.value),
    "survey": _among(lambda facts: facts.survey),
    "score": _measured(lambda facts: facts.score),
    "repeat": _repeat,
}

"""What can be done with a conversation in one go: the words that rules and macros share, read strictly and without a database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from conversations.refusal import Refused

MOST_ACTIONS = 12
TEXT_LENGTH, OPTION_LENGTH, MOST_OPTIONS = 4096, 20, 10
LONGEST_SNOOZE = 366 * 24 * 60
PRIORITIES = range(5)
VARIABLES = (
    "customer.name", "customer.first_name", "agent.name", "team.name", "channel.name", "workspace.name",
)  # fmt: skip
# {{customer.first_name|there}}: after the bar stands what is said without a value; the page fills them the same way.
VARIABLE = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}")


class _Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="do"):
    """What every act is: its tag stands in ``do``."""


class Say(_Act, frozen=True, kw_only=True, tag="reply"):
    """Say ``text`` to the customer; ``{{customer.name}}`` and the like are filled in."""

    text: str


class Option(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something the customer may press: the conversation goes to ``team``, or nowhere without one."""

    title: str
    team: UUID | None = None


class Ask(_Act, frozen=True, kw_only=True, tag="ask"):
    """Ask with options to press: buttons, a list opened by ``button``, or numbered lines where a channel has neither."""

    text: str
    options: tuple[Option, ...]
    button: str = ""


class AddLabel(_Act, frozen=True, kw_only=True, tag="label"):
    """Put a label on."""

    label: UUID


class RemoveLabel(_Act, frozen=True, kw_only=True, tag="unlabel"):
    """Take a label off."""

    label: UUID


class SetPriority(_Act, frozen=True, kw_only=True, tag="priority"):
    """Set the priority: 0 none, 1 low, 2 medium, 3 high, 4 urgent."""

    priority: int


class Assign(_Act, frozen=True, kw_only=True, tag="assign"):
    """Give it to a team, a member, or both."""

    team: UUID | None = None
    agent: UUID | None = None


class Snooze(_Act, frozen=True, kw_only=True, tag="snooze"):
    """Lay it aside for some minutes."""

    minutes: int


class Resolve(_Act, frozen=True, kw_only=True, tag="resolve"):
    """Say that it is over."""


class HandOff(_Act, frozen=True, kw_only=True, tag="handoff"):
    """Give it from a bot, a rule or an agent to people: to ``team``, with a note for them."""

    team: UUID | None = None
    note: str = ""


class Note(_Act, frozen=True, kw_only=True, tag="note"):
    """Keep a note for the house."""

    text: str


Action = Say | Ask | AddLabel | RemoveLabel | SetPriority | Assign | Snooze | Resolve | HandOff | Note
TAGS: dict[type[Any], str] = {kind: kind.__struct_config__.tag for kind in Action.__args__}
# The events of history that an act causes: what a rule must not listen to when it does this itself.
CAUSES: dict[str, frozenset[str]] = {
    "assign": frozenset({"conversation.assigned"}),
    "handoff": frozenset({"conversation.handoff", "conversation.assigned", "conversation.queued"}),
    "resolve": frozenset({"conversation.resolved"}),
    "label": frozenset({"conversation.labeled"}),
}


def read(kept: Sequence[Any]) -> tuple[Action, ...]:
    """Return acts as they are kept in a rule or macro. Raises ``Refused`` (field ``actions.<place>``) for one that makes no sense."""
    if not isinstance(kept, Sequence) or isinstance(kept, str):
        raise Refused("actions", _("Must be a list of actions."))
    if not kept:
        raise Refused("actions", _("There is nothing to do: add an action."))
    if len(kept) > MOST_ACTIONS:
        raise Refused("actions", _("At most %(number)d actions fit.") % {"number": MOST_ACTIONS})
    found = []
    for place, one in enumerate(kept):
        try:
            action = msgspec.convert(one, Action)
        except msgspec.ValidationError as error:
            raise Refused(f"actions.{place}", _why(one, error)) from error
        sentence = _objection(action)
        if sentence:
            raise Refused(f"actions.{place}", sentence)
        found.append(action)
    return tuple(found)


def write(actions: Sequence[Action]) -> list[dict[str, Any]]:
    """Return acts as they are kept."""
    return [msgspec.to_builtins(one) for one in actions]


def word_of(action: Action) -> str:
    """Return the word in an act's ``do``."""
    return TAGS[type(action)]


def _why(one: Any, error: msgspec.ValidationError) -> str:
    word = one.get("do") if isinstance(one, Mapping) else None
    if word not in TAGS.values():
        return _("Must be one of: %(words)s.") % {"words": ", ".join(sorted(TAGS.values()))}
    return _("This action is incomplete or has a part that does not belong to it: %(part)s.") % {"part": str(error)}


def _objection(action: Action) -> str:
    """Return what is wrong with an act taken alone, empty when nothing is."""
    against = ""
    match action:
        case Say(text=text) | Note(text=text):
            against = _text(text)
        case Ask():
            against = _text(action.text) or _options(action.options)
        case HandOff(note=note):
            against = _variables(note)
        case SetPriority(priority=priority) if priority not in PRIORITIES:
            against = _("A priority is a number from 0 to 4.")
        case Assign(team=None, agent=None):
            against = _("Say a team or a member.")
        case Snooze(minutes=minutes) if minutes <= 0:
            against = _("Must be in the future.")
        case Snooze(minutes=minutes) if minutes > LONGEST_SNOOZE:
            against = _("May be at most a year away.")
    return against


def _text(text: str) -> str:
    if not text.strip():
        return _("There is nothing to say.")
    if len(text) > TEXT_LENGTH:
        return _("May hold at most %(number)d characters.") % {"number": TEXT_LENGTH}
    return _variables(text)


def _variables(text: str) -> str:
    """Return the objection to a variable nobody knows."""
    unknown = [name for name, _otherwise in VARIABLE.findall(text) if name not in VARIABLES]
    if unknown:
        return _("There is no variable {{%(name)s}}.") % {"name": unknown[0]}
    return ""


def _options(options: Sequence[Option]) -> str:
    titles = [one.title.strip() for one in options]
    if not 2 <= len(options) <= MOST_OPTIONS:
        return _("A menu has two to %(number)d options.") % {"number": MOST_OPTIONS}
    if not all(titles):
        return _("Every option needs a title.")
    if any(len(title) > OPTION_LENGTH for title in titles):
        return _("An option has at most %(number)d characters.") % {"number": OPTION_LENGTH}
    if len({title.casefold() for title in titles}) < len(titles):
        return _("Two options have the same title.")
    return ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with its variables filled in; one without a value says what stands after its bar, or nothing, not even a double space."""
    said = VARIABLE.sub(lambda found: values.get(found[1], "") or (found[2] or "").strip(), text)
    if said == text:
        return text
    return re.sub(r"[^\S\n]+([,.!?;:])", r"\1", re.sub(r"[^\S\n]{2,}", " ", said)).strip()

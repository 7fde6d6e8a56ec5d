"""The form of a rule: rows of conditions and acts, read back into a plan; what was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _, gettext_lazy

from conversations.automation.conditions import CHOICES, IDS, NUMBERS, OPERATORS, VALUELESS, WORDS
from conversations.automation.deciding import EVENTS
from conversations.automation.keeping import Plan
from conversations.channels.registry import CHANNELS
from conversations.models import Channel, Label
from conversations.perform.vocabulary import MOST_OPTIONS, TAGS
from hub.models import Team, User, Workspace

FIELDS = {
    "channel_kind": gettext_lazy("Kind of channel"),
    "channel": gettext_lazy("Channel"),
    "text": gettext_lazy("Text of the message"),
    "first_message": gettext_lazy("First message of the person"),
    "hours": gettext_lazy("Working hours"),
    "team": gettext_lazy("Team"),
    "assignee": gettext_lazy("Assignee"),
    "label": gettext_lazy("Labels"),
    "label_added": gettext_lazy("Label just added"),
    "priority": gettext_lazy("Priority"),
    "language": gettext_lazy("Language"),
    "attribute": gettext_lazy("Field of the customer"),
    "option": gettext_lazy("Option pressed"),
    "survey": gettext_lazy("Survey"),
    "score": gettext_lazy("Score"),
    "repeat": gettext_lazy("Repetition"),
}
OPERATOR_WORDS = {
    "one_of": gettext_lazy("is one of"), "none_of": gettext_lazy("is none of"), "contains": gettext_lazy("contains"),
    "lacks": gettext_lazy("does not have"), "has": gettext_lazy("has"), "is": gettext_lazy("is"),
    "empty": gettext_lazy("is empty"), "set": gettext_lazy("is set"), "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"), "equals": gettext_lazy("equals"), "once_per": gettext_lazy("only once in a"),
}  # fmt: skip
CHOICE_WORDS = {
    True: gettext_lazy("Yes"), False: gettext_lazy("No"), "open": gettext_lazy("open"), "closed": gettext_lazy("closed"),
    "conversation": gettext_lazy("conversation"), "closed_period": gettext_lazy("closed time"),
}  # fmt: skip
ACTIONS = {
    "reply": gettext_lazy("Say something"),
    "ask": gettext_lazy("Ask with options"),
    "label": gettext_lazy("Add a label"),
    "unlabel": gettext_lazy("Remove a label"),
    "priority": gettext_lazy("Set the priority"),
    "assign": gettext_lazy("Assign"),
    "snooze": gettext_lazy("Snooze"),
    "resolve": gettext_lazy("Resolve"),
    "handoff": gettext_lazy("Hand over to people"),
    "note": gettext_lazy("Keep a note"),
}
PRIORITIES = {
    0: gettext_lazy("None"), 1: gettext_lazy("Low"), 2: gettext_lazy("Medium"), 3: gettext_lazy("High"),
    4: gettext_lazy("Urgent"),
}  # fmt: skip
MOST_ROWS = 12
Pair = tuple[str, Any]


class Row(msgspec.Struct, kw_only=True):
    """A row of the form: a condition or an act, as its inputs show it; ``wrong`` the sentence about it."""

    at: str
    word: str
    values: dict[str, Any]
    operators: list[Pair] = []
    kind: str = ""
    choices: list[Pair] = []
    wrong: str = ""


class Words(msgspec.Struct, frozen=True):
    """What can be chosen in a workspace."""

    channels: list[Pair]
    teams: list[Pair]
    labels: list[Pair]
    members: list[Pair]


def words_of(workspace: Workspace) -> Words:
    """Return what can be chosen in a workspace: (id, name) each."""
    pairs: Callable[[Iterable[Any]], list[Pair]] = lambda rows: [(str(row.pk), str(row)) for row in rows]  # noqa: E731
    members = User.objects.filter(memberships__workspace=workspace, is_active=True).order_by("name", "email")
    channels = Channel.objects.of(workspace).filter(deleted_at=None).order_by("name")
    return Words(
        [(str(row.pk), row.name) for row in channels],
        pairs(Team.objects.of(workspace).order_by("name")),
        pairs(Label.objects.of(workspace).order_by("name")),
        pairs(members),
    )


def shown(plan: Plan, words: Words, wrong: Mapping[str, str]) -> dict[str, Any]:
    """Return what the template needs of a rule; ``wrong`` are sentences by field."""
    conditions = [_condition(n, one, words) for n, one in enumerate(plan.conditions)]
    actions = [_action(n, one, words) for n, one in enumerate(plan.actions)]
    for name, rows in (("conditions", conditions), ("actions", actions)):
        for n, row in enumerate(rows):
            row.wrong = wrong.get(f"{name}.{n}", "")
    return {
        "plan": plan,
        "events": [(word, _(title)) for word, title in EVENTS.items()],
        "fields": list(FIELDS.items()),
        "acts": list(ACTIONS.items()),
        "conditions": conditions,
        "actions": actions,
        "words": words,
        "priorities": list(PRIORITIES.items()),
        "wrong": wrong,
        "room": {"conditions": len(conditions) < MOST_ROWS, "actions": len(actions) < MOST_ROWS},
    }


def _condition(n: int, one: Mapping[str, Any], words: Words) -> Row:
    field = str(one.get("field"))
    field = field if field in OPERATORS else "channel_kind"
    operators = [(word, OPERATOR_WORDS[word]) for word in OPERATORS[field]]
    is_ = one.get("is") if one.get("is") in OPERATORS[field] else operators[0][0]
    kind, choices = _input(field, words)
    value = one.get("value")
    listed = [str(item) for item in value] if isinstance(value, Sequence) and not isinstance(value, str) else []
    said = ", ".join(listed) if kind == "words" else "" if value is None or listed else str(value)
    values = {"is": is_, "key": one.get("key", ""), "value": said, "list": listed, "raw": value}
    return Row(
        at=f"c-{n}",
        word=field,
        values=values,
        operators=operators,
        kind="" if is_ in VALUELESS else kind,
        choices=choices,
    )


def _input(field: str, words: Words) -> tuple[str, list[Pair]]:
    """Return how the value of a field is entered, and what can be chosen."""
    many = {
        "channel": words.channels, "team": words.teams, "label": words.labels, "label_added": words.labels,
        "channel_kind": [(kind, _(adapter.title)) for kind, adapter in sorted(CHANNELS.items())],
        "survey": [("csat", "CSAT"), ("nps", "NPS")],
        "language": [(code.partition("-")[0], name) for code, name in settings.LANGUAGES],
    }  # fmt: skip
    if field in many:
        return "many", many[field]
    if field in CHOICES:
        return "one", [(str(word), CHOICE_WORDS[word]) for word in CHOICES[field]]
    return "number" if field in NUMBERS else "words" if field in WORDS else "text", []


def _action(n: int, one: Mapping[str, Any], words: Words) -> Row:
    word = str(one.get("do"))
    word = word if word in TAGS.values() else "reply"
    titles = dict(words.teams)
    options = [
        f"{option.get('title', '')} | {titles.get(str(option.get('team')), '')}".removesuffix(" | ")
        for option in one.get("options", ())
        if isinstance(option, Mapping)
    ]
    minutes = int(one.get("minutes") or 60)
    values = {**one, "options": "\n".join(options), "hours": minutes / 60 if minutes % 60 else minutes // 60}
    return Row(at=f"a-{n}", word=word, values=values)


def read(data: Any, words: Words) -> Plan:
    """Return what a form holds as a plan, whatever it is worth; rows whose button said so are added or left out."""
    add, drop = data.get("add", ""), data.get("drop", "")
    conditions = [_read_condition(data, at) for at in _rows(data, "c") if at != drop]
    actions = [_read_action(data, at, words) for at in _rows(data, "a") if at != drop]
    if add == "c":
        conditions.append({"field": "channel_kind", "is": "one_of"})
    if add == "a":
        actions.append({"do": "reply", "text": ""})
    return Plan(
        name=data.get("name", ""),
        event=data.get("event", ""),
        conditions=conditions,
        actions=actions,
        active=data.get("active") == "on",
    )


def _rows(data: Any, letter: str) -> list[str]:
    word = "field" if letter == "c" else "do"
    return [f"{letter}-{n}" for n in range(MOST_ROWS) if f"{letter}-{n}-{word}" in data]


def _read_condition(data: Any, at: str) -> dict[str, Any]:
    field, is_ = data.get(f"{at}-field", ""), data.get(f"{at}-is", "")
    found: dict[str, Any] = {"field": field, "is": is_}
    if field in OPERATORS and is_ not in OPERATORS[field]:
        found["is"] = OPERATORS[field][0]  # another field was chosen: what it can be is another list
    if field == "attribute":
        found["key"] = data.get(f"{at}-key", "").strip()
    if found["is"] not in VALUELESS:
        found["value"] = _value(field, data, f"{at}-value")
    return found


def _value(field: str, data: Any, name: str) -> Any:
    text = data.get(name, "").strip()
    if field in IDS or field in {"channel_kind", "survey", "language"}:
        return data.getlist(name)
    if field in WORDS:
        return [word.strip() for word in text.split(",") if word.strip()]
    if field in NUMBERS:
        return _small(text)
    if field in CHOICES:
        return next((word for word in CHOICES[field] if str(word) == text), CHOICES[field][0])
    return text


def _read_action(data: Any, at: str, words: Words) -> dict[str, Any]:
    word = data.get(f"{at}-do", "")
    given: Callable[[str], str] = lambda name: data.get(f"{at}-{name}", "").strip()  # noqa: E731
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "reply": lambda: {"text": given("text")},
        "note": lambda: {"text": given("text")},
        "ask": lambda: {"text": given("text"), "button": given("button"), "options": _options(given("options"), words)},
        "label": lambda: {"label": given("label")},
        "unlabel": lambda: {"label": given("label")},
        "priority": lambda: {"priority": _small(given("priority")) or 0},
        "assign": lambda: _named(given, "team", "agent"),
        "handoff": lambda: {**_named(given, "team"), "note": given("note")},
        "snooze": lambda: {"minutes": _minutes(given("hours"))},
    }
    return {"do": word, **parts.get(word, dict)()}


def _small(text: str) -> int | None:
    """Read a number below a thousand; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _named(given: Callable[[str], str], *names: str) -> dict[str, str]:
    return {name: given(name) for name in names if given(name)}


def _minutes(hours: str) -> int:
    try:
        return int(float(hours.replace(",", ".")) * 60) if len(hours) < 8 else 0
    except (ValueError, OverflowError):
        return 0


def _options(text: str, words: Words) -> list[dict[str, Any]]:
    """Read lines of "title | team"."""
    teams = {name.casefold(): key for key, name in words.teams}
    found = []
    for line in text.splitlines()[: MOST_OPTIONS + 1]:
        title, _bar, team = line.partition("|")
        if title.strip():
            key = teams.get(team.strip().casefold())
            found.append({"title": title.strip(), **({"team": key} if key else {})})
    return found

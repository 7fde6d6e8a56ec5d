"""Rules to begin with: a greeting, a word out of hours, a menu that leads to teams, and some that sort; each made to be changed."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.translation import gettext as _, gettext_noop

from conversations.automation.keeping import Plan
from hub.models import Team, Workspace


class Template(msgspec.Struct, frozen=True):
    """A rule to begin with: its word in an address, its drawing, what it is called and what it does."""

    word: str
    drawing: str
    title: str
    about: str


TEMPLATES = (
    Template("greeting", "hand", gettext_noop("Greeting"), gettext_noop("Says hello once when a conversation begins.")),
    Template(
        "out_of_hours",
        "moon",
        gettext_noop("Out of hours"),
        gettext_noop("Says once in each closed time that nobody is there now."),
    ),
    Template(
        "menu",
        "list",
        gettext_noop("Menu of teams"),
        gettext_noop("Asks whom the customer wants, and gives it to that team."),
    ),
    Template(
        "unhappy",
        "frown",
        gettext_noop("Unhappy customer"),
        gettext_noop("Puts a bad survey answer on top, with a note for the team."),
    ),
)


def plan(workspace: Workspace, word: str) -> Plan | None:
    """Return a rule to begin with in the reader's language, switched off; None for an unknown word."""
    names = {one.word: _(one.title) for one in TEMPLATES}
    if word not in names:
        return None
    event, conditions, actions = _PARTS[word](workspace)
    return Plan(name=names[word], event=event, conditions=conditions, actions=actions)


Parts = tuple[str, list[dict[str, Any]], list[dict[str, Any]]]


def _greeting(_workspace: Workspace) -> Parts:
    text = _(
        "Hello {{customer.first_name}}! Thank you for writing to {{workspace.name}}. We will be with you in a moment."
    )
    hours = {"field": "hours", "is": "is", "value": "open"}
    once = {"field": "repeat", "is": "once_per", "value": "conversation"}
    return "conversation.opened", [hours, once], [{"do": "reply", "text": text}]


def _closed(_workspace: Workspace) -> Parts:
    text = _("Thank you for your message. We are closed now and will answer as soon as we are back.")
    closed = {"field": "hours", "is": "is", "value": "closed"}
    once = {"field": "repeat", "is": "once_per", "value": "closed_period"}
    return "message.received", [closed, once], [{"do": "reply", "text": text}]


def _menu(workspace: Workspace) -> Parts:
    teams = list(Team.objects.of(workspace).order_by("name")[:10])
    options = [{"title": team.name[:20], "team": str(team.pk)} for team in teams]
    while len(options) < 2:
        options.append({"title": (_("Sales"), _("Help"))[len(options)]})
    text = _("Hello! Whom would you like to talk to?")
    return (
        "conversation.opened",
        [{"field": "assignee", "is": "empty"}],
        [{"do": "ask", "text": text, "options": options, "button": _("Choose")}],
    )


def _unhappy(_workspace: Workspace) -> Parts:
    kind = {"field": "survey", "is": "one_of", "value": ["csat"]}
    low = {"field": "score", "is": "at_most", "value": 2}
    note = {"do": "note", "text": _("The customer is not satisfied: please call back.")}
    return "survey.answered", [kind, low], [{"do": "priority", "priority": 3}, note]


_PARTS = {"greeting": _greeting, "out_of_hours": _closed, "menu": _menu, "unhappy": _unhappy}

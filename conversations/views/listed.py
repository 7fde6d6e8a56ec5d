"""What the list is called and says: views, orders, priorities, times to snooze until, notices; in the reader's language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _, pgettext

from conversations.channels.registry import CHANNELS
from conversations.views.plurals import forms

Named = dict[str, Any]


TABS = ("mine", "unassigned", "all", "resolved")  # seen at once; the others are in the menu


def views() -> list[Named]:
    """Return the inbox's own views in their order: ``name``, ``title``, ``icon``, what is said when empty; three are tabs."""
    found = [
        ("mine", _("Mine"), "circle-check-big", _("All done"), _("Nothing waits for you. New work comes by itself.")),
        ("unassigned", _("Unassigned"), "inbox", _("The queue is empty"), _("Every conversation has somebody.")),
        ("all", _("All"), "inbox", _("No open conversations"), _("What customers write shows up here at once.")),
        ("mentions", _("Mentions"), "at-sign", _("Nobody has named you"), _("Notes with your name show up here.")),
        ("snoozed", _("Snoozed"), "alarm-clock", _("Nothing is snoozed"), _("What you lay aside waits here.")),
        ("risk", _("At risk"), "timer", _("Every promise is kept"), _("What is late or soon will be shows up here.")),
        (
            "resolved",
            pgettext("tab", "Resolved"),
            "history",
            _("Nothing resolved yet"),
            _("What you resolve can be found here."),
        ),
    ]
    return [
        {"name": name, "title": title, "icon": icon, "empty_title": head, "empty_text": text, "tab": name in TABS}
        for name, title, icon, head, text in found
    ]


def choices() -> dict[str, Any]:
    """Return what menus offer: ``orders``, ``priorities``, ``statuses`` and ``snoozes``, as (word, title) pairs."""
    return {
        "orders": [
            ("activity", _("Newest activity")),
            ("waiting", _("Waiting longest")),
            ("priority", _("Priority")),
            ("due", _("Due first")),
        ],
        "priorities": list(priorities().items()),
        "statuses": [
            ("waiting", _("Waiting")),
            ("open", _("Open")),
            ("pending", _("Pending")),
            ("snoozed", _("Snoozed")),
            ("resolved", _("Resolved")),
        ],
        "snoozes": [
            ("later", _("Later today")),
            ("tomorrow", _("Tomorrow")),
            ("monday", _("Monday")),
            ("week", _("In a week")),
        ],
    }


def priorities() -> dict[str, str]:
    """Return what the priorities are called, the most pressing first."""
    return {
        "urgent": pgettext("priority", "Urgent"),
        "high": pgettext("priority", "High"),
        "medium": pgettext("priority", "Medium"),
        "low": pgettext("priority", "Low"),
        "none": pgettext("priority", "None"),
    }


def words() -> dict[str, Any]:
    """Return the sentences of the list, by their key."""
    return {
        "priority_names": list(reversed(priorities().values())),
        "priority_words": list(reversed(priorities())),
        "priority_is": _("Priority: {name}"),
        "due": {
            "first_response": _("First response due in {left}"),
            "next_response": _("Answer due in {left}"),
            "resolution": _("Resolution due in {left}"),
            "late": _("Late by {left}"),
        },
        "snoozes": dict(choices()["snoozes"]),
        "choose": {
            "label": _("Labels"),
            "priority": pgettext("of a conversation", "Priority"),
            "snooze": _("Snooze until"),
            "assign": _("Assign to"),
            "make_label": _("Make the label “{name}”"),
        },
        "nobody_has_it": _("Back to the queue"),
        "window_hours": {
            kind: adapter.reply_window // timedelta(hours=1)
            for kind, adapter in CHANNELS.items()
            if adapter.reply_window
        },
        "window_closes": _("The window closes in {left}"),
        "looks": _("{names} is here"),
        "select": _("Select {name}"),
        "selected": forms("{n} selected", "{n} selected"),
        "filters": forms("{n} filter", "{n} filters"),
        "kept": _("View kept."),
        "view_removed": _("View removed."),
        "moved": _moved(),
        "undone": _("Undone."),
        "not_moved": forms("{n} could not be done: {reason}", "{n} could not be done: {reason}"),
        "past": _("That is in the past: choose a time ahead."),
        "search": _search(),
        "list_keys": _keys(),
    }


def _moved() -> dict[str, Any]:
    """Return what is said after an act, by its word: for one conversation with its customer's name, and for many."""
    return {
        "assign": {
            "one": _("{name} has the conversation now."),
            "many": forms("{name} has {n} conversation more.", "{name} has {n} conversations more."),
        },
        "unassign": {
            "one": _("Back in the queue."),
            "many": forms("{n} conversation is back in the queue.", "{n} conversations are back in the queue."),
        },
        "label": {
            "one": _("Labels changed."),
            "many": forms("Labels of {n} conversation changed.", "Labels of {n} conversations changed."),
        },
        "priority": {
            "one": _("Priority: {name}"),
            "many": forms("Priority of {n} conversation: {name}", "Priority of {n} conversations: {name}"),
        },
        "snooze": {
            "one": _("Snoozed until {name}."),
            "many": forms("{n} conversation snoozed until {name}.", "{n} conversations snoozed until {name}."),
        },
        "resolve": {
            "one": _("Resolved. {name} can still answer."),
            "many": forms("{n} conversation resolved.", "{n} conversations resolved."),
        },
        "reopen": {
            "one": _("Reopened."),
            "many": forms("{n} conversation reopened.", "{n} conversations reopened."),
        },
        "pending": {
            "one": _("Waiting for somebody else now."),
            "many": forms("{n} conversation pending.", "{n} conversations pending."),
        },
        "read": {
            "one": _("Marked as read."),
            "many": forms("{n} conversation marked as read.", "{n} conversations marked as read."),
        },
        "unread": {
            "one": _("Marked as unread."),
            "many": forms("{n} conversation marked as unread.", "{n} conversations marked as unread."),
        },
    }


def _search() -> dict[str, Any]:
    return {
        "found": forms("{n} message", "{n} messages"),
        "more_than": _("more than {n} messages"),
        "mended": _("Similar words were looked for too."),
        "you": _("You"),
    }


def _keys() -> dict[str, str]:
    return {
        "resolve_next": _("Resolve, then the next"),
        "snooze": _("Snooze…"),
        "label": _("Label…"),
        "priority": _("Priority…"),
        "unread": _("Mark as unread"),
        "select": _("Select; with Shift a range"),
        "search": _("Search"),
        "undo": _("Undo what was done last"),
        "list": _("The list"),
    }

"""The sentences the board's script says, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _, pgettext

from conversations.channels.registry import CHANNELS
from hub.models import Presence
from metrics.words import OUTSIDE, channel


def words() -> dict[str, Any]:
    """Return every sentence by its key."""
    return {
        "now": pgettext("time", "now"),
        "none": "—",
        **_measured(),
        "of": _("{part} of {whole}"),
        "as_of": _("as of {time}"),
        "live": _("live"),
        "stale": _("no news for {ago}"),
        "ended": _("This link has ended."),
        "everybody": _("Everybody's queue"),
        "load": _("{load} of {capacity}"),
        "late": _("{n} late"),
        "risk": _("{n} at risk"),
        "presence": {one.value: str(one.label) for one in Presence},
        "channels": {kind: channel(kind) for kind in (*CHANNELS, *OUTSIDE)},
        **_waiting(),
        "take": _("Take over"),
        "give_back": _("Redistribute"),
        "taken": _("The conversation is yours."),
        "given_back": _("Back in the queue."),
        "could_not": _("That did not work: {reason}"),
        **_incidents(),
    }


def _measured() -> dict[str, Any]:
    """Return what stands in a tile, and over the rows behind it."""
    return {
        "states": {"good": _("on target"), "near": _("near the limit"), "bad": _("off target")},
        "targets": {
            "queue": _("target ≤ {target}"),
            "longest": _("target ≤ {target}"),
            "serving": _("target ≤ {target}"),
            "agents": _("target ≥ {target}"),
            "sla": _("target ≥ {target}"),
            "abandonment": _("target ≤ {target}"),
        },
        "no_target": _("no target"),
        "room": _("room for {target}"),
        "better": _("better"),
        "worse": _("worse"),
        "delta": _("{delta} than a week ago"),
        "titles": {
            "queue": _("In the queue"),
            "longest": _("Longest wait"),
            "serving": _("In service"),
            "agents": _("People there"),
            "sla": _("Promises broken in the last hour"),
            "abandonment": _("Left waiting in the last hour"),
        },
    }


def _waiting() -> dict[str, Any]:
    """Return what is said of a conversation that waits."""
    return {
        "promises": {
            "first_response": _("First response"),
            "next_response": _("Answer"),
            "resolution": _("Resolution"),
        },
        "due_in": _("{promise} due in {left}"),
        "due_ago": _("{promise} late by {left}"),
        "waits": _("waits {left}"),
        "unknown_person": _("No name"),
        "nobody": _("Nobody"),
        "no_breach": _("Every promise is kept."),
        "nothing_behind": _("Nothing behind this number."),
        "more": _("and {n} more"),
    }


def _incidents() -> dict[str, Any]:
    return {
        "incident": {
            "depth": _("{value} conversations wait in {place}: the limit is {threshold}"),
            "oldest_wait": _("Somebody waits {value} in {place}: the limit is {threshold}"),
            "breach": _("{value} promises are late or at risk in {place}: the limit is {threshold}"),
        },
        "everywhere": _("all queues"),
        "you_see_to_it": _("You see to it"),
        "sees_to_it": _("{name} sees to it"),
        "somebody_sees_to_it": _("Somebody sees to it"),
        "yours_to_see_to": _("The alert is yours."),
    }

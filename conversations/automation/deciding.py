"""Whether a rule fires: its conditions, and what cuts loops. Pure, so that a trial run and the real one cannot differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec
from django.utils.translation import gettext as _, gettext_noop

from conversations.automation.conditions import Condition, Facts, failing
from conversations.perform import vocabulary
from conversations.perform.vocabulary import Action, AddLabel
from conversations.refusal import Refused

DEEPEST = 1  # rules may react to what a rule did, but not to what came of that
MOST_AN_HOUR = 5  # times a rule fires in one conversation within an hour
HOUR = timedelta(hours=1)
Held = Literal["", "condition", "loop", "too_often"]
EVENTS: dict[str, str] = {
    "message.received": gettext_noop("A customer writes"),
    "conversation.opened": gettext_noop("A conversation begins"),
    "conversation.reopened": gettext_noop("A conversation is reopened"),
    "conversation.queued": gettext_noop("A conversation enters the queue"),
    "conversation.assigned": gettext_noop("A conversation is assigned"),
    "conversation.labeled": gettext_noop("A label is added"),
    "conversation.resolved": gettext_noop("A conversation is resolved"),
    "survey.answered": gettext_noop("A survey is answered"),
    "sla.breached": gettext_noop("A promise is broken"),
}


class Decision(msgspec.Struct, frozen=True):
    """Whether a rule fires, and else what held it: a ``condition``, a ``loop``, or that it fired ``too_often``."""

    fires: bool
    held: Held = ""
    condition: Condition | None = None


def decide(conditions: Sequence[Condition], facts: Facts, depth: int = 0) -> Decision:
    """Decide for one event. ``depth`` is how many rules stand behind it: 0 for what a person did."""
    failed = failing(conditions, facts)
    if failed is not None:
        return Decision(fires=False, held="condition", condition=failed)
    if depth > DEEPEST:
        return Decision(fires=False, held="loop")
    if sum(at > facts.at - HOUR for at in facts.fired_at) >= MOST_AN_HOUR:
        return Decision(fires=False, held="too_often")
    return Decision(fires=True)


def refuse_loop(event: str, conditions: Sequence[Condition], actions: Sequence[Action]) -> None:
    """Raise ``Refused`` for a rule that would start itself: one of its acts causes the very event it waits for."""
    for place, action in enumerate(actions):
        word = vocabulary.word_of(action)
        if event not in vocabulary.CAUSES.get(word, ()):
            continue
        if isinstance(action, AddLabel) and _of_other_labels(conditions, action):
            continue
        sentence = _("This rule would start itself again and again: “%(event)s” is also what this action causes.")
        raise Refused(f"actions.{place}", sentence % {"event": _(EVENTS[event])})


def _of_other_labels(conditions: Sequence[Condition], action: AddLabel) -> bool:
    """Whether the rule waits for other labels than the one it adds."""
    asked = [one for one in conditions if one.field == "label_added"]
    return bool(asked) and all(str(action.label) not in map(str, one.value) for one in asked)

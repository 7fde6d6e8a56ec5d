"""The words in which the inbox says why somebody has a conversation, or why it waits."""

from __future__ import annotations

from django.utils.translation import gettext as _, pgettext


def reasons() -> dict[str, str]:
    """Return the parts of the sentence by the rule that gave, and by why it came back to the queue."""
    return {
        "line": pgettext("why somebody has it", "{name}: {facts}"),
        "sticky": pgettext("why somebody has it", "last agent"),
        "named": pgettext("why somebody has it", "named by a rule"),
        "least_busy": pgettext("why somebody has it", "least busy"),
        "round_robin": pgettext("why somebody has it", "next in turn"),
        "longest_idle": pgettext("why somebody has it", "free for longest"),
        "load": pgettext("why somebody has it", "{load} of {capacity}"),
        "speaks": pgettext("why somebody has it", "speaks {language}"),
        "knows": pgettext("why somebody has it", "knows {skills}"),
        "rule": pgettext("why somebody has it", "rule “{rule}”"),
        "hand": _("{name}: by hand"),
        "hand_by": _("{name}: given by {by}"),
        "queue": "",
        "queue_rule": _("In the queue by rule “{rule}”"),
        "returned": _("Given back to the queue"),
        "transfer": _("Handed to the team"),
        "silent": _("Back in the queue: {name} did not answer"),
        "gone": _("Back in the queue: {name} was not there"),
        "overflow": _("Passed on from {before}"),
    }

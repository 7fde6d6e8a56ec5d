"""Why people pause: the house's own reasons, or those a workspace has set."""

from __future__ import annotations

from django.utils.translation import gettext as _, gettext_noop

from hub.models import Workspace

REASON_LENGTH = 80
BREAK_REASONS = {
    "lunch": gettext_noop("Lunch"),
    "short": gettext_noop("Short break"),
    "meeting": gettext_noop("Meeting"),
    "training": gettext_noop("Training"),
}


def reasons(workspace: Workspace) -> dict[str, str]:
    """Return why people pause here: the word that is kept, and how it is shown. ``settings["break_reasons"]`` replace the house's."""
    own = workspace.settings.get("break_reasons")
    if isinstance(own, list) and own:
        return {str(one)[:REASON_LENGTH]: str(one)[:REASON_LENGTH] for one in own}
    return {key: _(words) for key, words in BREAK_REASONS.items()}

"""What the audit log calls things: the words of its actions, and the groups one filters by."""

from __future__ import annotations

from django.utils.translation import gettext as _, gettext_noop

# What an action begins with, as people call it; the order of the filter.
GROUPS: dict[str, str] = {
    "member": gettext_noop("People"),
    "invitation": gettext_noop("Invitations"),
    "team": gettext_noop("Teams"),
    "hours": gettext_noop("Working hours"),
    "workspace": gettext_noop("Workspace"),
    "token": gettext_noop("API tokens"),
    "customer": gettext_noop("Customers"),
    "channel": gettext_noop("Channels"),
    "channel_log": gettext_noop("Channel log"),
    "delivery": gettext_noop("Webhook journal"),
    "label": gettext_noop("Labels"),
    "canned_reply": gettext_noop("Canned replies"),
    "custom_field": gettext_noop("Custom fields"),
    "macro": gettext_noop("Macros"),
    "rule": gettext_noop("Rules"),
    "bot": gettext_noop("Bots"),
    "survey": gettext_noop("Surveys"),
    "sla_policy": gettext_noop("Service levels"),
    "alert_rule": gettext_noop("Alerts"),
    "board": gettext_noop("Live board"),
    "kiosk_link": gettext_noop("Kiosk links"),
    "integration": gettext_noop("Integrations"),
    "import": gettext_noop("Import"),
    "exchange_rate": gettext_noop("Exchange rates"),
    "routing": gettext_noop("Routing"),
    "audit": gettext_noop("Audit log"),
}
# What was done to it, the second half of an action.
DEEDS: dict[str, str] = {
    "created": gettext_noop("made"),
    "opened": gettext_noop("connected"),
    "added": gettext_noop("added"),
    "changed": gettext_noop("changed"),
    "removed": gettext_noop("removed"),
    "renewed": gettext_noop("sent again"),
    "revoked": gettext_noop("taken back"),
    "accepted": gettext_noop("accepted"),
    "read": gettext_noop("read"),
    "replayed": gettext_noop("sent through again"),
    "stopped": gettext_noop("stopped"),
    "resumed": gettext_noop("let go on"),
    "secret_added": gettext_noop("secret added"),
    "secret_retired": gettext_noop("secret retired"),
    "secret_renewed": gettext_noop("secret renewed"),
    "connected": gettext_noop("connected"),
    "renamed": gettext_noop("renamed"),
    "uploaded": gettext_noop("brought"),
    "started": gettext_noop("started"),
    "discarded": gettext_noop("discarded"),
    "exported": gettext_noop("taken along"),
    "erased": gettext_noop("erased"),
}


def group_word(group: str) -> str:
    """Return what a group of actions is called."""
    return _(GROUPS.get(group, group))


def word(action: str) -> str:
    """Return what an action is called: "People: changed"; one nobody named stands as it is."""
    group, _dot, deed = action.partition(".")
    return f"{group_word(group)}: {_(DEEDS[deed])}" if deed in DEEDS else action

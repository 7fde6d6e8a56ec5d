"""The sentences of the web chat, in the visitor's language: its scripts hold none of their own."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _, pgettext


def launcher_words() -> dict[str, str]:
    """Return what the button on the shop's page says."""
    return {"open": _("Open the chat"), "close": _("Close the chat"), "news": _("New messages:"), "chat": _("Chat")}


def words() -> dict[str, Any]:
    """Return every sentence of the talk by its key."""
    return {
        "now": pgettext("time", "now"),
        "you": _("You"),
        "ticks": {
            "waiting": _("Waiting to be sent"),
            "sent": _("Sent"),
            "read": _("Read"),
            "failed": _("Not sent"),
        },
        "deleted": _("This message was deleted."),
        "unsupported": _("This message cannot be shown here."),
        "file": _("File"),
        "picture": _("Picture"),
        "open_map": _("Open the map"),
        "offline": _("No connection. What you write is kept and sent as soon as it is back."),
        "typing": _("{name} is typing …"),
        "somebody_types": _("Somebody is typing …"),
        "file_coming": _("The file is on its way."),
        "file_gone": _("The file is not available."),
        "file_too_large": _("A file may have at most {n} MB."),
        "not_sent": _("Not sent: {reason}"),
        "no_answer": _("there is no connection"),
        "went_on": _("Go on on {name}"),
    }

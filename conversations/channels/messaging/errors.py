"""The error codes of the Send API as data: what each means for the message, and the sentence people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from conversations.channels.graph_errors import BLOCKED, GRAPH, NO_ACCESS, TOO_FAST, Table, error_from
from conversations.channels.types import Error

WINDOW_CLOSED = gettext_noop("More than 24 hours have passed since the customer wrote: the message cannot be sent now.")
NOBODY = gettext_noop("This person cannot be reached here any more.")
NOT_AVAILABLE = gettext_noop("This person is not available at the moment and cannot receive the message.")
TOO_LARGE = gettext_noop("The picture is larger than 8 MB, which is the most that can be sent.")
MAYBE_SENT = gettext_noop("The provider reported an error, but the message may have been sent.")

MESSAGING: Table = {
    **GRAPH,
    # Limits: the same message may be sent later.
    17: ("throttle", TOO_FAST),
    32: ("throttle", TOO_FAST),
    (613, 2534040): ("throttle", TOO_FAST),
    # It says no and may have sent it all the same: only the echo can tell.
    (1, 1357046): ("unknown", MAYBE_SENT),
    # The customer's window.
    (10, 2534022): ("window", WINDOW_CLOSED),
    (10, 2018278): ("window", WINDOW_CLOSED),
    # This message will never go.
    (100, 2534014): ("permanent", NOBODY),
    (100, 2018001): ("permanent", NOBODY),
    (100, 2534029): ("permanent", gettext_noop("This person has blocked the account.")),
    551: ("permanent", NOT_AVAILABLE),
    36000: ("permanent", TOO_LARGE),
    # The account: nothing goes until somebody acts.
    200: ("channel", NO_ACCESS),
    (200, 2534041): (
        "channel",
        gettext_noop(
            "Access to messages is switched off in the Instagram app; its owner must allow it in the settings there."
        ),
    ),
    (10, 1893063): ("channel", BLOCKED),
}


def read_error(raw: Mapping[str, Any]) -> Error:
    """Return an error object of Instagram or Messenger in our words."""
    return error_from(raw, MESSAGING)

"""What Graph's error objects mean: a table of codes, the same for an answer to a call and for a failed status.

Sentences are English message ids, marked for translation and translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from conversations.channels.reading import mapping, text_of
from conversations.channels.types import Error, ErrorClass

# A code, or a code with its subcode, to its class and its sentence.
Code = int | tuple[int, int]
Table = Mapping[Code, tuple[ErrorClass, str]]

NOT_ACCEPTED = gettext_noop("The provider did not accept the message.")
NOT_REACHED = gettext_noop("The provider could not be reached; it will be tried again.")
TOO_FAST = gettext_noop("Too many requests in a short time; it will be tried again more slowly.")
TEMPORARY = gettext_noop("The provider has a temporary problem; it will be tried again.")
NO_TOKEN = gettext_noop("The channel has no usable access token; an administrator must set it.")
NO_ACCESS = gettext_noop("The provider refused the channel's access; an administrator must reconnect it.")
BLOCKED = gettext_noop("The provider has blocked this account for a breach of its policies.")

GRAPH: Table = {
    0: ("channel", NO_ACCESS),
    1: ("transient", TEMPORARY),
    2: ("transient", TEMPORARY),
    3: ("channel", NO_ACCESS),
    4: ("throttle", TOO_FAST),
    10: ("channel", NO_ACCESS),
    33: ("permanent", NOT_ACCEPTED),
    100: ("permanent", gettext_noop("The provider found a mistake in the request.")),
    (100, 33): ("channel", gettext_noop("The provider does not know this channel, or its token may not use it.")),
    190: (
        "channel",
        gettext_noop("The channel's access token has expired or was revoked; an administrator must renew it."),
    ),
    368: ("channel", BLOCKED),
    613: ("throttle", TOO_FAST),
    80007: ("throttle", TOO_FAST),
}
_PERMISSION_CODES = range(200, 300)


def error_from(raw: Mapping[str, Any], table: Table) -> Error:
    """Return the error object ``raw`` in our words: its class from ``table``, the provider's own words in ``detail``.

    A code nobody knows is permanent unless Graph itself calls it transient: what cannot be judged is not repeated.
    """
    code, subcode = _number(raw.get("code")), _number(raw.get("error_subcode"))
    known = table.get((code, subcode)) or table.get(code)
    if known is None and code in _PERMISSION_CODES:
        known = ("channel", NO_ACCESS)
    if known is None and raw.get("is_transient") is True:
        known = ("transient", TEMPORARY)
    error_class, title = known or ("permanent", NOT_ACCEPTED)
    return Error(code=_code(raw), title=title, detail=_detail(raw), error_class=error_class)


def _number(value: Any) -> int:
    digits = text_of(value)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


def _code(raw: Mapping[str, Any]) -> str:
    code, subcode = text_of(raw.get("code"))[:20] or "unknown", text_of(raw.get("error_subcode"))[:20]
    return f"{code}/{subcode}" if subcode else code


def _detail(raw: Mapping[str, Any]) -> str:
    details = mapping(raw.get("error_data")).get("details") or raw.get("details")
    words = [text_of(value).strip() for value in (raw.get("title"), raw.get("message"), details)]
    return " · ".join(dict.fromkeys(filter(None, words)))[:1000]

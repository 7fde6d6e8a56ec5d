"""Twilio's error codes as data: what each means for the message, and the sentence people read."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from conversations.channels.types import Error, ErrorClass

NOT_ACCEPTED = gettext_noop("The provider did not accept the message.")
NOT_REACHED = gettext_noop("The provider could not be reached; it will be tried again.")
TOO_FAST = gettext_noop("Too many requests in a short time; it will be tried again more slowly.")
TEMPORARY = gettext_noop("The provider has a temporary problem; it will be tried again.")
NO_ACCESS = gettext_noop("The provider refused the channel's access; an administrator must reconnect it.")
NO_TOKEN = gettext_noop("The connection has no account SID or auth token; an administrator must set them.")
SUSPENDED = gettext_noop("The account at Twilio is suspended.")
NOT_A_NUMBER = gettext_noop("The customer's number is not valid.")
UNREACHABLE = gettext_noop("The message could not be delivered to this number.")
NOT_OURS = gettext_noop("The number of the channel cannot send this; an administrator must look at Twilio.")
NO_MOBILE = gettext_noop("The customer's number cannot receive SMS.")
BAD_MEDIA = gettext_noop("The provider could not use the file.")
BAD_MESSAGE = gettext_noop("The provider found a mistake in the message.")
FILTERED = gettext_noop("The carrier took the message for spam and filtered it.")
UNKNOWN_CAUSE = gettext_noop("The message was not delivered; the carrier gave no reason.")
WINDOW_CLOSED = gettext_noop("More than 24 hours have passed since the customer wrote: only a template may be sent.")
BAD_TEMPLATE = gettext_noop("The template does not match what WhatsApp has approved.")
PAUSED = gettext_noop("WhatsApp has paused the template because of its quality.")
LEFT_ALONE = gettext_noop(
    "The customer asked by STOP not to be written to: until they send START nothing reaches them."
)
BLOCKED_US = gettext_noop("The customer has blocked this number.")
SENDER_TROUBLE = gettext_noop("WhatsApp does not let this number send; an administrator must look at Twilio.")

Table = Mapping[int, tuple[ErrorClass, str]]

TWILIO: Table = {
    # Limits: the same message may be sent later.
    14107: ("throttle", TOO_FAST),
    20429: ("throttle", TOO_FAST),
    30001: ("throttle", TOO_FAST),
    63017: ("throttle", TOO_FAST),
    63018: ("throttle", TOO_FAST),
    # Troubles that pass.
    63009: ("transient", TEMPORARY),
    63010: ("transient", TEMPORARY),
    63012: ("transient", TEMPORARY),
    # The customer's wishes.
    21610: ("opt_out", LEFT_ALONE),
    63014: ("opt_out", BLOCKED_US),
    63033: ("opt_out", BLOCKED_US),
    # The window and the template.
    63016: ("window", WINDOW_CLOSED),
    21655: ("template", gettext_noop("There is no such template at Twilio.")),
    21656: ("template", gettext_noop("The number of values does not match the template.")),
    63027: ("template", gettext_noop("The template does not exist in this language, or is not approved.")),
    63028: ("template", gettext_noop("The number of values does not match the template.")),
    63029: ("template", BAD_TEMPLATE),
    63040: ("template", gettext_noop("The template was rejected by WhatsApp.")),
    63041: ("template", PAUSED),
    63042: ("template", gettext_noop("WhatsApp has disabled the template because of its quality.")),
    # This message will never go.
    21211: ("permanent", NOT_A_NUMBER),
    21408: (
        "permanent",
        gettext_noop("Twilio is not allowed to send to this country; an administrator can permit it."),
    ),
    21602: ("permanent", BAD_MESSAGE),
    21604: ("permanent", NOT_A_NUMBER),
    21608: ("permanent", gettext_noop("A trial account writes to verified numbers only.")),
    21612: ("permanent", UNREACHABLE),
    21614: ("permanent", NO_MOBILE),
    21617: ("permanent", gettext_noop("The text is longer than Twilio takes.")),
    21620: ("permanent", BAD_MEDIA),
    21623: ("permanent", BAD_MEDIA),
    30003: ("permanent", gettext_noop("The customer's telephone is switched off or out of reach.")),
    30004: ("permanent", gettext_noop("The customer's number does not take messages from here.")),
    30005: ("permanent", gettext_noop("The customer's number does not exist any more.")),
    30006: ("permanent", gettext_noop("The customer's number is a landline or cannot be reached.")),
    30007: ("permanent", FILTERED),
    30008: ("permanent", UNKNOWN_CAUSE),
    63003: ("permanent", gettext_noop("The customer has no address on WhatsApp.")),
    63005: ("permanent", gettext_noop("WhatsApp did not accept the message.")),
    63013: ("permanent", gettext_noop("The message breaks a rule of WhatsApp.")),
    63019: ("permanent", BAD_MEDIA),
    63021: ("permanent", BAD_MESSAGE),
    63024: ("permanent", UNREACHABLE),
    63032: ("permanent", gettext_noop("WhatsApp does not deliver this message to this customer now.")),
    63034: ("permanent", gettext_noop("WhatsApp does not deliver this kind of message.")),
    # The channel or its account: nothing goes until somebody acts.
    20003: ("channel", NO_ACCESS),
    20005: ("channel", SUSPENDED),
    20008: ("channel", NO_ACCESS),
    20404: ("channel", NO_ACCESS),
    21603: ("channel", NOT_OURS),
    21606: ("permanent", NOT_OURS),
    21659: ("channel", NOT_OURS),
    21660: ("channel", NOT_OURS),
    30002: ("channel", SUSPENDED),
    63001: ("channel", SENDER_TROUBLE),
    63002: ("channel", SENDER_TROUBLE),
    63007: ("channel", gettext_noop("Twilio finds no WhatsApp sender with the channel's number.")),
    63008: ("channel", SENDER_TROUBLE),
    63020: ("channel", gettext_noop("The account has not accepted Twilio's invitation on WhatsApp's side.")),
    63038: ("channel", gettext_noop("The account has sent as many messages today as Twilio allows.")),
}
STOPPED = 21610


def error_of(code: int, words: str = "") -> Error:
    """Return what ``code`` means; one that nobody knows is permanent, because what cannot be judged is not repeated.

    ``words`` are Twilio's own; 0 stands for no code at all.
    """
    error_class, title = TWILIO.get(code, ("permanent", NOT_ACCEPTED))
    return Error(
        code=str(code) if code else "unknown",
        title=title,
        detail=words[:1000],
        error_class=error_class,
        stop=code == STOPPED,
    )


def code_of(text: str) -> int:
    """Return a code given as digits, 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

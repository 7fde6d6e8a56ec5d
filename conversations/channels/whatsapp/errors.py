"""WhatsApp's error codes as data: what each means for the message, and the sentence people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from conversations.channels.graph_errors import BLOCKED, GRAPH, NO_ACCESS, TEMPORARY, TOO_FAST, Table, error_from
from conversations.channels.types import Error

UNSUPPORTED = gettext_noop("WhatsApp does not deliver this kind of message.")
UNDELIVERABLE = gettext_noop("The message could not be delivered to this number.")
WINDOW_CLOSED = gettext_noop("More than 24 hours have passed since the customer wrote: only a template may be sent.")
BAD_PARAMETER = gettext_noop("WhatsApp found a mistake in the message.")
BAD_TEMPLATE = gettext_noop("The template does not match what WhatsApp has approved.")
NOT_REGISTERED = gettext_noop("The number is not registered with WhatsApp; an administrator must register it.")

WHATSAPP: Table = {
    **GRAPH,
    # Limits: the same message may be sent later.
    130429: ("throttle", TOO_FAST),
    131048: (
        "throttle",
        gettext_noop("WhatsApp slowed this number down because too many messages were reported as spam."),
    ),
    131056: ("throttle", gettext_noop("Too many messages to this customer in a short time; it will be tried again.")),
    131064: ("throttle", TOO_FAST),
    133016: ("throttle", TOO_FAST),
    # Troubles of WhatsApp that pass.
    131000: ("transient", TEMPORARY),
    131016: ("transient", TEMPORARY),
    131053: ("transient", gettext_noop("WhatsApp could not fetch the file; it will be tried again.")),
    131057: ("transient", gettext_noop("WhatsApp is raising the limits of this number; it will be tried again.")),
    133004: ("transient", TEMPORARY),
    # This message will never go.
    130472: (
        "permanent",
        gettext_noop("WhatsApp holds marketing messages back from this customer as part of an experiment."),
    ),
    131008: ("permanent", BAD_PARAMETER),
    131009: ("permanent", BAD_PARAMETER),
    131021: ("permanent", gettext_noop("A number cannot write to itself.")),
    131026: ("permanent", UNDELIVERABLE),
    131051: ("permanent", UNSUPPORTED),
    131052: ("permanent", gettext_noop("The customer's file could not be fetched.")),
    131060: ("permanent", UNSUPPORTED),
    131062: ("permanent", gettext_noop("This template needs the customer's telephone number.")),
    131063: ("permanent", UNDELIVERABLE),
    135000: ("permanent", BAD_PARAMETER),
    137000: ("permanent", UNDELIVERABLE),
    # The customer's window and wishes.
    131047: ("window", WINDOW_CLOSED),
    131049: (
        "window",
        gettext_noop("WhatsApp limits marketing messages to this customer: not before 24 hours from now."),
    ),
    131050: ("opt_out", gettext_noop("The customer no longer wants marketing messages.")),
    # The template.
    132000: ("template", gettext_noop("The number of values does not match the template.")),
    132001: ("template", gettext_noop("The template does not exist in this language, or is not approved.")),
    132005: ("template", gettext_noop("The template with its values is too long.")),
    132007: ("template", gettext_noop("The template breaks a rule of WhatsApp.")),
    132008: ("template", BAD_TEMPLATE),
    132012: ("template", BAD_TEMPLATE),
    132015: ("template", gettext_noop("WhatsApp has paused the template because of its quality.")),
    132016: ("template", gettext_noop("WhatsApp has disabled the template because of its quality.")),
    132068: ("template", gettext_noop("The flow of the template is blocked.")),
    132069: ("template", gettext_noop("The flow of the template is being throttled.")),
    # The channel or its account: nothing goes until somebody acts.
    130497: ("channel", gettext_noop("WhatsApp does not let this account write to customers in this country.")),
    131005: ("channel", NO_ACCESS),
    131030: ("channel", gettext_noop("This is a test number: the customer is not on its list of allowed recipients.")),
    131031: ("channel", BLOCKED),
    131037: ("channel", gettext_noop("WhatsApp has not approved the display name of this number.")),
    131042: ("channel", gettext_noop("WhatsApp has a problem with the payment method of this account.")),
    131045: ("channel", NOT_REGISTERED),
}


def read_error(raw: Mapping[str, Any]) -> Error:
    """Return a WhatsApp error object, from an answer or from a webhook, in our words."""
    return error_from(raw, WHATSAPP)

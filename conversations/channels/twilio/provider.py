"""Twilio as a provider of webhooks: proves them with its own validator and hands each form to the reader of its sort."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator, get_signature_algorithm

from conversations.channels.twilio.form import Form, NotAFormError, fields
from conversations.channels.twilio.messages import read as read_message
from conversations.channels.twilio.statuses import read as read_status
from conversations.channels.types import Credentials, Parsed, Provider, RawRequest

SIGNATURE_HEADER = "x-twilio-signature"
ALGORITHM_HEADER = "x-twilio-webhooks-signature-settings"
INBOUND_WORDS = {"received", "receiving"}


class Twilio(Provider):
    """The provider ``twilio``: messages and statuses of WhatsApp and SMS, one form each, by POST or by GET."""

    name = "twilio"
    proves = "auth_tokens"
    delivers_by_get = True
    accepted = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'  # anything said in it would go to the customer
    accepted_type = b"text/xml; charset=utf-8"

    def challenge(self, request: RawRequest, credentials: Credentials) -> str | None:
        """Return ``None``: Twilio shakes no hands; a GET of its is a webhook, and proven like one."""
        return None

    def verify(self, request: RawRequest, credentials: Credentials) -> bool:
        """Whether public address and fields were signed with one of the auth tokens; every token is tried."""
        signature = request.headers.get(SIGNATURE_HEADER, "")
        try:
            signed = _signed(request)
        except (NotAFormError, UnicodeDecodeError):
            return False
        algorithm = get_signature_algorithm(request.headers.get(ALGORITHM_HEADER, ""))
        proven = False
        for token in filter(None, credentials.auth_tokens):
            proven |= RequestValidator(token).validate(request.url, signed, signature, algorithm)
        return proven

    def parse(self, request: RawRequest) -> Parsed:
        """Turn a form into its item. ``invalid`` when it is no form of a message, ``ignored`` for a status without one."""
        try:
            form = fields(request)
        except NotAFormError:
            return Parsed(outcome="invalid", reason="not_a_form")
        if _is_status(request, form):
            return read_status(form, request.query)
        return read_message(form)


def _signed(request: RawRequest) -> Form | str | Mapping[str, str]:
    """Return what was signed beside the address: a form's fields, JSON by its digest in the query, nothing by GET."""
    if request.method == "GET":
        return {}
    if "json" in request.content_type and "bodySHA256" in request.query:
        return request.body.decode("utf-8")
    return fields(request)


def _is_status(request: RawRequest, form: Form) -> bool:
    """Whether this tells what became of a message: by its own words, else by the address it was sent to."""
    word = form.text("MessageStatus", "SmsStatus").lower()
    if word:
        return word not in INBOUND_WORDS
    return urlsplit(request.url).path.rstrip("/").endswith("/status")

"""What came to a number at Twilio and what became of what it sent, in the form of the webhooks that did not arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from conversations.channels.reading import id_of, text_of
from conversations.channels.twilio.errors import NOT_ACCEPTED
from conversations.channels.twilio.files import MOST_FILES
from conversations.channels.twilio.form import FORM
from conversations.channels.twilio.statuses import WORDS
from conversations.channels.types import Credentials, Error, ReceivedLater, SendRefused

PAGE = 200


def received(ours: str, since: datetime, credentials: Credentials) -> Iterator[ReceivedLater]:
    """Yield the messages to ``ours`` (as Twilio writes it) since then, then those from it with their status; newest first.

    Page by page; raises ``SendRefused``. Files are asked for only when the form of a message is: that calls Twilio once more.
    """
    from twilio.base.exceptions import TwilioException

    from conversations.channels.twilio.client import client  # loaded by who calls

    try:
        yield from _listed(client(credentials, harmless=True).messages, ours, since)
    except (TwilioException, ValueError) as error:  # an answer, and no list
        raise SendRefused(Error(code="no_list", title=NOT_ACCEPTED)) from error


def _listed(messages: Any, ours: str, since: datetime) -> Iterator[ReceivedLater]:
    asked = {"date_sent_after": since.astimezone(UTC)}
    for message in messages.stream(to=ours, page_size=PAGE, **asked):
        sid, at = id_of(message.sid), _moment(message)
        if sid and text_of(message.direction) == "inbound":
            yield ReceivedLater(provider_id=sid, at=at, content_type=FORM, body=partial(_form, message, at))
    for message in messages.stream(from_=ours, page_size=PAGE, **asked):
        sid, status = id_of(message.sid), WORDS.get(text_of(message.status))
        if sid and status and text_of(message.direction) != "inbound":
            yield ReceivedLater(
                provider_id=sid, at=_moment(message), content_type=FORM, body=partial(_report, message), status=status
            )


def _moment(message: Any) -> datetime | None:
    at = message.date_sent or message.date_created
    return at if isinstance(at, datetime) else None


def _form(message: Any, at: datetime | None) -> bytes:
    """Return a listed message as its webhook would have put it; ``DateSent`` is what a webhook has no need to say."""
    sid = id_of(message.sid)
    fields = {
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": text_of(message.account_sid),
        "From": text_of(message.from_),
        "To": text_of(message.to),
        "Body": text_of(message.body),
        "NumMedia": text_of(message.num_media) or "0",
        "NumSegments": text_of(message.num_segments) or "1",
        "SmsStatus": "received",
        "ApiVersion": text_of(message.api_version),
    }
    if at is not None:
        fields["DateSent"] = format_datetime(at)
    if fields["NumMedia"].isdigit() and int(fields["NumMedia"]):
        for number, file in enumerate(message.media.list(limit=MOST_FILES)):
            fields[f"MediaUrl{number}"] = settings.TWILIO_API_URL + text_of(file.uri).removesuffix(".json")
            fields[f"MediaContentType{number}"] = text_of(file.content_type)
    return urlencode(fields).encode()


def _report(message: Any) -> bytes:
    """Return the status of a listed message as its callback would have put it."""
    fields = {
        "MessageSid": id_of(message.sid),
        "MessageStatus": text_of(message.status),
        "AccountSid": text_of(message.account_sid),
        "From": text_of(message.from_),
        "To": text_of(message.to),
        "ErrorCode": text_of(message.error_code),
        "ErrorMessage": text_of(message.error_message),
    }
    return urlencode({name: value for name, value in fields.items() if value}).encode()

"""What was written to a number at Twilio, asked for afterwards and put into the form of the webhooks that did not arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from conversations.channels.reading import id_of, text_of
from conversations.channels.twilio.files import MOST_FILES
from conversations.channels.twilio.form import FORM
from conversations.channels.types import Credentials, ReceivedLater

PAGE = 200


def received(to: str, since: datetime, credentials: Credentials) -> Iterator[ReceivedLater]:
    """Yield the messages to ``to`` (as Twilio writes it) since then, newest first, page by page. Raises ``SendRefused``.

    Files are asked for one by one, and only when the form of a message is: ``form`` calls Twilio once more.
    """
    from conversations.channels.twilio.client import client  # loaded by who calls

    twilio = client(credentials, harmless=True)
    for message in twilio.messages.stream(to=to, date_sent_after=since.astimezone(UTC), page_size=PAGE):
        sid = id_of(message.sid)
        if sid and text_of(message.direction) == "inbound":
            yield ReceivedLater(
                provider_id=sid, at=_moment(message), content_type=FORM, body=partial(_form, message, _moment(message))
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

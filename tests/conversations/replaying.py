"""The collected bodies as deliveries of any provider: a shop for them, each request as it was signed, and the rows they leave."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from conversations.channels.types import Credentials
from conversations.models import Channel, Connection, HistoryEvent, Identity, Message, MessageStatus, Reaction
from hub.models import Workspace
from tests.conversations.channels import corpus
from tests.conversations.conftest import Shop

META_SECRET, TWILIO_TOKEN = "fb_app_secret", "6789"  # the secrets of the collection
SPOKEN = {"message", "echo", "history_message", "postback", "referral", "comment"}
Case = dict[str, Any]


class Post(msgspec.Struct, frozen=True):
    """One request to the door: ``path`` with its query."""

    path: str
    body: bytes
    headers: dict[str, str]


def accounts(case: Case) -> set[str]:
    """The addresses of the channels a case was sent to."""
    found = set()
    for event in case["expected"].get("events", ()):
        own = event.get("sender") if event["kind"] == "status" else event.get("recipient")
        number = (own or {}).get("phone") if case["provider"] == "twilio" else None
        found |= {event.get("channel_id"), event.get("account_id"), number} - {None}
    return found


def shop_for(cases: Iterable[Case], slug: str = "aurora") -> Shop:
    """A shop with a channel for every account that these cases of one provider were sent to."""
    known = list(cases)
    provider = known[0]["provider"]
    workspace = Workspace.objects.create(slug=slug, name=slug.title())
    twilio = provider == "twilio"
    source = Connection(workspace=workspace, provider="twilio" if twilio else "meta")
    source.keep(Credentials(auth_tokens=(TWILIO_TOKEN,)) if twilio else Credentials(app_secrets=(META_SECRET,)))
    source.save()
    kinds = ["twilio_whatsapp", "sms"] if twilio else [provider]
    addresses = sorted(set().union(*map(accounts, known))) or ["1"]
    rows = [
        Channel(workspace=workspace, connection=source, kind=kind, name=address, address=address)
        for address in addresses
        for kind in kinds
    ]
    return Shop(workspace, source, Channel.objects.bulk_create(rows)[0])


def post_of(case: Case, shop: Shop, public_url: str) -> Post:
    """The case as a request to this shop. Twilio signs the address too, so its good signatures are made anew."""
    body, signature = corpus.body(case), case["signature"]
    path, value = f"/webhooks/{shop.connection.pk}/", signature["value"]
    if case["provider"] == "twilio":
        sent_to = urlsplit(signature["url"])
        path += "status/" if "/status" in sent_to.path else ""
        path += f"?{sent_to.query}" if sent_to.query else ""
        if case["expected"]["outcome"] != "rejected_signature":
            value = _signed_by_twilio(public_url + path, body)
    headers = {"content-type": case["content_type"], **({signature["header"]: value} if value else {})}
    return Post(path, body, headers)


def _signed_by_twilio(url: str, body: bytes) -> str:
    fields: dict[str, set[str]] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        fields.setdefault(name, set()).add(value)
    signed = url + "".join(name + value for name in sorted(fields) for value in sorted(fields[name]))
    return base64.b64encode(hmac.new(TWILIO_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def said(case: Case) -> set[str]:
    """The provider's ids of what is said in a case."""
    events = case["expected"].get("events", ())
    return {event["external_id"] for event in events if event["kind"] in SPOKEN and "external_id" in event}


def rows(workspace: Workspace) -> list[list[tuple[Any, ...]]]:
    """Everything a customer or agent would see of a workspace, without ids of our own, in a fixed order."""
    wanted: list[tuple[Any, tuple[str, ...]]] = [
        (
            Message,
            ("channel__kind", "channel__address", "provider_id", "direction", "author_kind", "kind", "text", "payload",
             "status", "sent_at", "edited_at", "deleted_at", "earlier_texts", "reply_to_provider_id", "referral"),
        ),
        (MessageStatus, ("message__provider_id", "status", "at", "error")),
        (Reaction, ("message__provider_id", "by", "emoji", "at")),
        (Identity, ("kind", "value", "scope")),
    ]  # fmt: skip
    found = [
        sorted(model.objects.filter(workspace=workspace).values_list(*fields), key=repr) for model, fields in wanted
    ]
    events = HistoryEvent.objects.filter(workspace=workspace, type__in=["message.received", "message.sent"])
    return [*found, sorted(events.values_list("type", "occurred_at"), key=repr)]

"""The templates of a WhatsApp business account, as Meta lists them; and what its webhooks tell of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from conversations.channels import graph
from conversations.channels.reading import id_of, mapping, objects, text_of
from conversations.channels.types import AccountNotice, Credentials, Error, SendRefused, TemplateNews
from conversations.channels.whatsapp.errors import read_error

FIELDS = "id,name,language,status,category,components,rejected_reason,parameter_format"
STATUS_NEWS = "message_template_status_update"
# What an event leaves the template as, where its own word is not the status.
BECOMES = {"flagged": "approved", "reinstated": "approved", "unpaused": "approved"}
A_PAGE, MOST_PAGES = "100", 60
NO_BUSINESS_ACCOUNT = gettext_noop(
    "The channel does not say which WhatsApp Business account it belongs to: an administrator must set it."
)


def listed(credentials: Credentials, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every template of the account in ``options["business_account"]``. Raises ``SendRefused``."""
    account = text_of(options.get("business_account"))
    if not account:
        raise SendRefused(Error(code="business_account", title=NO_BUSINESS_ACCOUNT))
    path, found, after = f"{graph.segment(account)}/message_templates", list[dict[str, Any]](), ""
    for _page in range(MOST_PAGES):
        params = {"fields": FIELDS, "limit": A_PAGE} | ({"after": after} if after else {})
        answer = graph.get(path, params, credentials.access_token, read_error)
        found += [_one(raw) for raw in objects(answer.get("data")) if text_of(raw.get("name"))]
        paging = mapping(answer.get("paging"))
        after = text_of(mapping(paging.get("cursors")).get("after"))
        if not after or not paging.get("next"):
            break
    return found


def _one(raw: Mapping[str, Any]) -> dict[str, Any]:
    reason = text_of(raw.get("rejected_reason"))
    return {
        "id": id_of(raw.get("id")),
        "name": text_of(raw.get("name"))[:512],
        "language": text_of(raw.get("language"))[:20],
        "category": text_of(raw.get("category")).lower()[:40],
        "status": text_of(raw.get("status")).lower()[:40],
        "reason": "" if reason.upper() == "NONE" else reason,
        "components": objects(raw.get("components")),
    }


def news(notice: AccountNotice) -> TemplateNews | None:
    """Return what a notice says of a template, None for news of anything else."""
    said = notice.payload
    event = text_of(said.get("event")).lower()[:40]
    if notice.topic != STATUS_NEWS or not event:
        return None
    reason = text_of(said.get("reason"))
    return TemplateNews(
        name=text_of(said.get("message_template_name")),
        language=text_of(said.get("message_template_language")),
        provider_id=id_of(said.get("message_template_id")),
        status=BECOMES.get(event, event),
        reason="" if reason.upper() == "NONE" else reason,
    )

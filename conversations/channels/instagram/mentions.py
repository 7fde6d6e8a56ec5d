"""Asks Instagram what somebody said who named the account: in a comment under anybody's post, or in the caption of their own.

A webhook names the comment or the post and nothing else, and only the account that is named may ask for it. The answer
tells a user name and no id. A user name may be somebody else's tomorrow, so it is an address apart from the number that
stands for a person who writes; who holds both is found out by whoever asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_noop

from conversations.channels import graph
from conversations.channels.graph_errors import error_from
from conversations.channels.messaging.entry import MAX_USERNAME
from conversations.channels.messaging.errors import MESSAGING
from conversations.channels.messaging.kinds import MAX_URL
from conversations.channels.reading import id_of, mapping, text_of
from conversations.channels.types import (
    Address,
    AttachmentRef,
    Error,
    MessageAnnounced,
    MessageKind,
    MessageReceived,
    Person,
    SendRefused,
)

USERNAME, COMMENT = "instagram", "ig_comment"  # kinds of address
GONE = gettext_noop("The comment or post is gone, or its author has closed it: Instagram does not show it any more.")
POST_FIELDS = "id,caption,media_type,media_url,permalink,timestamp,username"
# The documented fields of a comment; the name of who wrote it is given to most and refused to some.
COMMENT_FIELDS = f"id,text,timestamp,username,media{{{POST_FIELDS}}}"
SAFE_COMMENT_FIELDS = "id,text,timestamp,media{id,media_type,media_url,permalink}"
TABLE = {**MESSAGING, 24: ("permanent", GONE), (100, 33): ("permanent", GONE)}
NO_SUCH_FIELD = "nonexisting field"


class Asking:
    """One account that asks: ``host`` as ``graph.get`` takes it, ``username`` the account's own, empty where it is not known."""

    def __init__(self, host: str, token: str, username: str = "") -> None:
        self.host, self.token, self.username = host, token, username

    def read(self, announced: MessageAnnounced) -> MessageReceived | None:
        """Return what was said, None where the account named itself. Raises ``SendRefused``."""
        assert announced.account is not None
        if "comment_id" in announced.payload:
            found = self._comment(announced.account, announced.provider_id)
            post = mapping(found.get("media"))
        else:
            found = post = self._ask(
                announced.account, "mentioned_media", "media_id", announced.provider_id, POST_FIELDS
            )
        author = text_of(found.get("username")).strip().removeprefix("@")[:MAX_USERNAME]
        if author and author.lower() == self.username.lower():
            return None
        return _said(announced, found, post, author)

    def _comment(self, account: str, comment_id: str) -> dict[str, Any]:
        """Ask for a comment, once more without what some accounts are not given."""
        try:
            return self._ask(account, "mentioned_comment", "comment_id", comment_id, COMMENT_FIELDS)
        except SendRefused as refused:
            if NO_SUCH_FIELD not in refused.error.detail:
                raise
        return self._ask(account, "mentioned_comment", "comment_id", comment_id, SAFE_COMMENT_FIELDS)

    def _ask(self, account: str, field: str, key: str, wanted: str, fields: str) -> dict[str, Any]:
        params = {"fields": f"{field}.{key}({wanted}){{{fields}}}"}
        answer = graph.get(graph.segment(account), params, self.token, _read_error, host=self.host)
        if not (found := mapping(answer.get(field))):
            raise SendRefused(Error(code="gone", title=GONE))
        return found


def _read_error(raw: Mapping[str, Any]) -> Error:
    """Return an error object in our words: here an unknown object is the comment or post, not the account."""
    return error_from(raw, TABLE)


def _said(
    announced: MessageAnnounced, found: Mapping[str, Any], post: Mapping[str, Any], author: str
) -> MessageReceived:
    in_comment = found is not post
    address = Address(USERNAME, author.lower()) if author else Address(COMMENT, announced.provider_id)
    return MessageReceived(
        account=announced.account,
        channel_kind=announced.channel_kind,
        lane=address.value,
        # A caption may name somebody long after its post was made; when, only the webhook says.
        at=(_time(found.get("timestamp")) if in_comment else None) or announced.at,
        provider_id=announced.provider_id,
        sender=Person(addresses=(address,), username=author),
        kind=_kind(post),
        text=text_of(found.get("text" if in_comment else "caption")),
        payload=_origin(announced, post),
        attachments=_files(post),
    )


def _kind(post: Mapping[str, Any]) -> MessageKind:
    return "story" if text_of(post.get("media_type")) == "STORY" else "share"


def _origin(announced: MessageAnnounced, post: Mapping[str, Any]) -> dict[str, Any]:
    """Return where it was said; addresses of files are left out, for they end and the file is kept."""
    known = {
        key: text_of(post.get(key))[:MAX_URL] for key in ("id", "media_type", "permalink", "timestamp", "username")
    }
    ids = {key: id_of(announced.payload.get(key)) for key in ("media_id", "comment_id")}
    caption = text_of(post.get("caption")) if "comment_id" in announced.payload else ""
    facts = {**ids, "title": caption[:200], "permalink": known["permalink"]}
    return {
        "origin": "mention",
        **{key: one for key, one in facts.items() if one},
        "media": {key: one for key, one in known.items() if one},
    }


def _files(post: Mapping[str, Any]) -> tuple[AttachmentRef, ...]:
    """Return the picture or film of the post; an album has none of its own."""
    url = text_of(post.get("media_url")).strip()[:MAX_URL]
    if not url.startswith(("https://", "http://")):
        return ()
    return (AttachmentRef(kind="video" if text_of(post.get("media_type")) == "VIDEO" else "image", url=url),)


def _time(value: Any) -> datetime | None:
    """Return an ISO time with an offset, None for anything else."""
    try:
        at = datetime.fromisoformat(text_of(value))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None

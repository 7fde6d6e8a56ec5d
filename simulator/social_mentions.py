"""Comments and posts of others that name an Instagram account: what they say, and the fields Graph lets that account read of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.refusals import Refusal
from simulator.social_bodies import SocialPerson

# As documented, "user name" of a comment included: most answers carry it, though its page leaves it out.
COMMENT_FIELDS = frozenset({"id", "text", "timestamp", "like_count", "media", "username"})
POST_FIELDS = frozenset({
    "id", "caption", "media_type", "media_url", "permalink", "timestamp", "username", "like_count", "comments_count", "owner",
})  # fmt: skip
_ASKED = re.compile(r"mentioned_(comment)\.comment_id\((\d+)\)\{(.*)\}|mentioned_(media)\.media_id\((\d+)\)\{(.*)\}")
_NESTED = re.compile(r"media\{([^{}]*)\}")


@dataclass(frozen=True, kw_only=True)
class SocialMention:
    """Somebody names the account in a comment under a post (``comment_id``), or in the caption of their own.

    ``at`` in Unix seconds; ``url`` is the file of the post, empty for an album. ``owner`` wrote the post. A ``shy`` author is not
    named in the answer.
    """

    person: SocialPerson
    owner: SocialPerson
    text: str
    media_id: str
    comment_id: str = ""
    caption: str = ""
    media_type: str = "IMAGE"
    url: str = field(default="", repr=False)
    at: float = 0.0
    shy: bool = False

    @property
    def id(self) -> str:
        """What Graph is asked by."""
        return self.comment_id or self.media_id

    def value(self) -> dict[str, str]:
        """Return all that the webhook says."""
        return {"media_id": self.media_id} | ({"comment_id": self.comment_id} if self.comment_id else {})


def answer(mentions: dict[str, SocialMention], asked: str) -> dict[str, Any]:
    """Return what Graph answers to ``fields=asked``: the fields that were asked for and are there. Raises ``Refusal``."""
    found = _ASKED.fullmatch(asked)
    if found is None:
        raise Refusal(100, message=f"(#100) Tried accessing nonexisting field ({asked.partition('{')[0][:60]})")
    kind, wanted, fields = (one for one in found.groups() if one is not None)
    mention = mentions.get(wanted)
    if mention is None or bool(mention.comment_id) is not (kind == "comment"):
        words = f"Unsupported get request. Object with ID '{wanted}' does not exist, cannot be loaded due to missing permissions"
        raise Refusal(100, message=words, subcode=33)
    return {f"mentioned_{kind}": _comment(mention, fields) if kind == "comment" else _post(mention, fields)}


def _comment(mention: SocialMention, fields: str) -> dict[str, Any]:
    nested = _NESTED.search(fields)
    names = _known(_NESTED.sub("media", fields), COMMENT_FIELDS - ({"username"} if mention.shy else set()))
    known = {
        "id": mention.comment_id,
        "text": mention.text,
        "timestamp": _iso(mention.at),
        "like_count": 0,
        "username": mention.person.username,
        "media": _post(mention, nested.group(1) if nested else "id"),
    }
    return {name: known[name] for name in names}


def _post(mention: SocialMention, fields: str) -> dict[str, Any]:
    """Return a post. A caption leaves out the sign before a name; whose it is says its user name, never an id."""
    caption = mention.caption if mention.comment_id else mention.text
    known: dict[str, Any] = {
        "caption": caption.replace("@", ""),
        "media_type": mention.media_type,
        "permalink": f"https://www.instagram.com/p/{mention.media_id}/",
        "timestamp": _iso(mention.at),
        "username": mention.owner.username,
        "like_count": 0,
        "comments_count": 1,
    } | ({"media_url": mention.url} if mention.url else {})
    names = _known(fields, POST_FIELDS)
    return {name: known[name] for name in names if name in known} | {"id": mention.media_id}


def _known(fields: str, possible: frozenset[str] | set[str]) -> list[str]:
    names = [name.strip() for name in fields.split(",") if name.strip()]
    for name in names:
        if name not in possible:
            raise Refusal(100, message=f"(#100) Tried accessing nonexisting field ({name})")
    return names


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")

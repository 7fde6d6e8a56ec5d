"""What Meta writes for Instagram and Messenger: the documented shapes of their webhooks, from one event to a whole envelope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["instagram", "messenger"]
OBJECTS: dict[Kind, str] = {"instagram": "instagram", "messenger": "page"}


@dataclass(frozen=True, kw_only=True)
class SocialAccount:
    """An Instagram account or a page, the app that serves it and the hub its webhooks go to.

    ``login`` is how an Instagram account was connected; one behind a page is also known by ``page_id``.
    """

    kind: Kind
    account_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    webhook_url: str
    name: str = "Loja Novelo"
    username: str = "loja.novelo"
    login: Literal["instagram", "page"] = "instagram"
    page_id: str = ""
    app_id: int = 936619743392459

    @property
    def through_page(self) -> bool:
        """Whether it is a page, or reached through one."""
        return self.kind == "messenger" or self.login == "page"


@dataclass(frozen=True, kw_only=True)
class SocialPerson:
    """Somebody who writes to an account: ``id`` means this person on that account only."""

    id: str
    name: str
    username: str = ""


@dataclass(frozen=True, kw_only=True)
class SocialChange:
    """One item of a webhook: an event between account and person, or a change with ``field`` and ``value``."""

    account: SocialAccount
    item: dict[str, Any]
    holds: Literal["messaging", "standby", "changes"] = "messaging"


def event(
    account: SocialAccount, person: SocialPerson, at: float, parts: dict[str, Any], *, ours: bool = False
) -> SocialChange:
    """Return an event of the person, or of the account itself when ``ours``; ``at`` in Unix seconds."""
    sides = (account.account_id, person.id) if ours else (person.id, account.account_id)
    head = {"sender": {"id": sides[0]}, "recipient": {"id": sides[1]}, "timestamp": int(at * 1000)}
    return SocialChange(account=account, item=head | parts)


def attachment(kind: str, url: str = "", **more: Any) -> dict[str, Any]:
    """Return an attachment of a message; a few kinds come without any payload."""
    made: dict[str, Any] = {"type": kind}
    if url:
        more["url"] = url
    if more:
        made["payload"] = more
    return made


def echo(account: SocialAccount, mid: str, message: dict[str, Any]) -> dict[str, Any]:
    """Return the ``message`` of an echo: what the account sent through its app."""
    said: dict[str, Any] = {key: message[key] for key in message if key in {"text", "attachments"}}
    if "attachment" in message:
        said["attachments"] = [message["attachment"]]
    return {"mid": mid, **said, "is_echo": True, "app_id": account.app_id}


def envelope(changes: Sequence[SocialChange], at: float) -> dict[str, Any]:
    """Return a whole body of one object: an entry for each run of events of one account, in their order."""
    entries: list[dict[str, Any]] = []
    for change in changes:
        last = entries[-1] if entries else None
        if last is None or last["id"] != change.account.account_id or change.holds not in last:
            last = {"id": change.account.account_id, "time": int(at * 1000), change.holds: []}
            entries.append(last)
        last[change.holds].append(change.item)
    return {"object": OBJECTS[changes[0].account.kind], "entry": entries}

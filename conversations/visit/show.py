"""What a visitor may see of a talk, and how: never a note, never what has not left, nobody's e-mail, no inner state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q

from conversations.channels import content
from conversations.channels.webchat.parse import client_id
from conversations.media import links
from conversations.models import Attachment, Conversation, Customer, Identity, Message
from conversations.querysets.message import Messages
from conversations.visit.place import Place
from conversations.visit.session import Session
from hub.models import Workspace

PAGE = 30
LINK_SECONDS = 12 * 3600
OUT = ("sent", "delivered", "read", "unknown")  # what has left; a visitor's browser is where it arrives
Shown = dict[str, Any]


def visible_in(workspace: Workspace) -> Messages:
    """Return what visitors of a workspace's web chats may see at all, with everything that is shown of it."""
    rows = Message.objects.of(workspace).filter(channel__kind="webchat").exclude(kind="note")
    rows = rows.filter(Q(direction="inbound") | Q(status__in=OUT))
    return rows.select_related("author", "identity", "conversation", "customer").prefetch_related(
        "attachments", "reactions"
    )


def seen_by(place: Place, session: Session) -> Messages:
    """Return what this visitor may see: what was said with their browser; once proven who they are, all the person's chats."""
    workspace = Workspace(pk=place.workspace_id)
    wanted = Q(identity__in=Identity.objects.of(workspace).filter(kind="visitor", value=session.visitor))
    if session.external_id:
        wanted |= Q(customer__in=person(workspace, session.external_id))
    return visible_in(workspace).filter(wanted, channel=place.id)


def person(workspace: Workspace, external_id: str) -> list[UUID]:
    """Return the customers that the shop's own id means: its holder and whoever was joined with them."""
    held = Identity.objects.of(workspace).filter(kind="external_id", value=external_id, scope="", verified=True)
    roots = {root or own for own, root in held.values_list("customer_id", "customer__merged_into") if own is not None}
    if not roots:
        return []
    rows = Customer.objects.of(workspace).filter(Q(pk__in=roots) | Q(merged_into__in=roots))
    return list(rows.values_list("pk", flat=True))


def page(place: Place, session: Session, before: datetime | None) -> tuple[list[Shown], str | None]:
    """Return the newest messages before a time, oldest first, and the time to go on from (``None`` at the beginning)."""
    rows = seen_by(place, session)
    if before is not None:
        rows = rows.filter(shown_at__lt=before)
    newest = list(rows.in_order().reverse()[: PAGE + 1])
    shown = newest[:PAGE][::-1]
    marks = unseen({row.conversation for row in shown})
    return [message(row, marks) for row in shown], moment(shown[0].shown_at) if len(newest) > PAGE else None


def unseen(talks: Iterable[Conversation]) -> dict[UUID, int]:
    """Return by conversation the place from which on the team has read nothing; without one it has read everything."""
    marks = {}
    for talk in talks:
        if talk.unread:
            heard = Message.objects.of(Workspace(pk=talk.workspace_id)).filter(conversation=talk, direction="inbound")
            oldest = heard.order_by("-seq").values_list("seq", flat=True)[talk.unread - 1 : talk.unread].first()
            marks[talk.pk] = oldest if oldest is not None else 0
    return marks


def message(row: Message, marks: dict[UUID, int]) -> Shown:
    """Return a message as visitors see it; needs a row of ``visible_in``. ``marks`` are those of ``unseen``."""
    mine = row.direction == "inbound"
    gone = row.deleted_at is not None
    return {
        "id": str(row.pk),
        "client_id": client_id(row.provider_id or "") if mine else None,
        "mine": mine,
        "author": "" if mine else _author(row),
        "kind": row.kind,
        "text": "" if gone else row.text,
        "at": moment(row.sent_at),
        "status": row.status,
        "seen": mine and (row.conversation_id not in marks or row.seq < marks[row.conversation_id]),
        "edited": row.edited_at is not None,
        "deleted": gone,
        "reactions": [entry.emoji for entry in row.reactions.all() if entry.emoji and entry.by == "business"],
        "files": [] if gone else [_file(file) for file in sorted(row.attachments.all(), key=_age)],
        "extra": {} if gone or mine else _extra(row) | _survey(row),
    }


def _author(row: Message) -> str:
    """Return the name of who answered; who has none of their own is the house."""
    return row.author.name if row.author else row.author_name if row.author_kind in {"agent", "bot"} else ""


def _age(row: Attachment) -> UUID:
    return row.pk


def _file(row: Attachment) -> Shown:
    url = links.signed_link(row, LINK_SECONDS) if row.state == "stored" else None
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "type": row.mime_type,
        "name": row.filename,
        "size": row.size,
        "url": url,
        "small": f"{url}&size=thumb" if url and row.thumbnail else None,
        "width": row.width,
        "height": row.height,
        "state": row.state,
    }


def _extra(row: Message) -> Shown:
    """Return what there is to press or to open besides the text."""
    try:
        found = content.read(row.kind, row.payload)
    except msgspec.ValidationError:
        return {}
    match found:
        case content.Buttons(choices=choices):
            return {"choices": [{"id": one.id, "title": one.title} for one in choices]}
        case content.Menu(sections=sections):
            return {"choices": [{"id": one.id, "title": one.title} for section in sections for one in section.rows]}
        case content.Link(title=title, url=url) if url.startswith(("https://", "http://")):
            return {"link": {"title": title, "url": url}}
        case content.Location(latitude=north, longitude=east, name=name, address=address):
            return {"place": {"latitude": north, "longitude": east, "name": name, "address": address}}
        case _:
            return {}


def _survey(row: Message) -> Shown:
    """Return which survey a question belongs to: the chat draws stars for it."""
    mark = row.payload.get("survey")
    return {"survey": mark.get("survey")} if isinstance(mark, dict) and mark.get("part") == "question" else {}


def moment(at: datetime) -> str:
    """Return a time in ISO-8601, UTC."""
    return at.astimezone(UTC).isoformat()

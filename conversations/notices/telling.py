"""Following the feed for who is not looking: what is theirs is pushed to their browsers, encrypted for each of them.

The mark moves before anything is sent: a push that is lost is no harm, one that comes twice is a nuisance.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import http_ece  # type: ignore[import-untyped]
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from conversations import feed
from conversations.channels import hook
from conversations.channels.guard import origin
from conversations.models import Conversation, Follower, Incident, Mention, Message, PushSubscription
from conversations.notices.subscribing import raw
from hub import vapid
from hub.models import Membership, Role, Workspace
from hub.notices import wishes_of

log = structlog.get_logger(__name__)

NAME = "push"
LINES, AT_ONCE, KEPT_SECONDS = 200, 8, 3600  # how long a push service may keep what it cannot deliver
GONE = {404, 410}


class Notice(msgspec.Struct, frozen=True):
    """Something that is somebody's: which kind, in which conversation, with whom."""

    user: UUID
    kind: str
    subject: UUID
    conversation: UUID | None = None
    who: str = ""


class Push(msgspec.Struct, frozen=True):
    """A notice ready to go to one browser."""

    subscription: PushSubscription
    body: bytes
    headers: dict[str, str]


def tell_some() -> int:
    """Tell of what the feed holds since the last time, at most some hundred lines of each workspace; return how many pushes went."""
    places = Workspace.objects.filter(pk__in=PushSubscription.objects.values("workspace"))
    return sum(_send(place, _due(place)) for place in places)


def _due(workspace: Workspace) -> list[Notice]:
    with transaction.atomic():
        mark, new = Follower.objects.select_for_update().get_or_create(
            workspace=workspace, name=NAME, defaults={"transaction": feed.head(workspace.pk)}
        )
        lines = [] if new else feed.after(workspace.pk, mark.transaction, LINES)
        since = mark.at
        mark.transaction, mark.at = (lines[-1].seq if lines else mark.transaction), timezone.now()
        mark.save(update_fields=["transaction", "at"])
    return list(dict.fromkeys(notices(workspace, lines, since))) if lines else []


def notices(workspace: Workspace, lines: Sequence[feed.Line], since: datetime) -> Iterator[Notice]:
    """Yield what these lines of the feed are to whom: five queries at most. ``since`` is when the feed was read last."""
    ids: dict[str, set[UUID]] = {}
    for line in lines:
        ids.setdefault(line.kind, set()).add(line.subject_id)
    said = Message.objects.of(workspace).filter(pk__in=ids.get("message.created", ()), direction="inbound")
    for row in said.select_related("conversation", "customer").order_by("seq"):
        if row.conversation.assignee_id:
            yield Notice(
                row.conversation.assignee_id, "message", row.conversation_id, row.conversation_id, row.customer.name
            )
    named = Mention.objects.of(workspace).filter(message__in=ids.get("message.created", ()))
    for one in named.select_related("message__author"):
        yield Notice(one.user_id, "mention", one.conversation_id, one.conversation_id, str(one.message.author or ""))
    moved = Conversation.objects.of(workspace).filter(
        pk__in=ids.get("conversation.updated", ()), assigned_at__gte=since
    )
    for talk in moved.exclude(assignee=None).select_related("customer"):
        reason = talk.route_reason or {}
        own = reason.get("rule") == "hand" and not reason.get("by")
        if talk.assignee_id and not own:
            yield Notice(talk.assignee_id, "assigned", talk.pk, talk.pk, talk.customer.name)
    opened = Incident.objects.of(workspace).filter(
        pk__in=ids.get("incident.updated", ()), closed_at=None, opened_at__gte=since
    )
    for key in opened.values_list("pk", flat=True):
        chiefs = Membership.objects.of(workspace).filter(role__in=[Role.SUPERVISOR, Role.ADMIN], user__is_active=True)
        for user in chiefs.values_list("user", flat=True):
            yield Notice(user, "incident", key)


def _send(workspace: Workspace, due: Sequence[Notice]) -> int:
    """Push notices to the browsers of those who want them now; forget browsers that are gone."""
    pushes = list(_pushes(workspace, due)) if due else []
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = list(pool.map(_post, pushes))
    for push, status in zip(pushes, answers, strict=True):
        row = PushSubscription.objects.of(workspace).filter(pk=push.subscription.pk)
        if status in GONE:
            row.delete()
        else:
            row.update(failed_at=None if status and status < 300 else timezone.now())
    return len(pushes)


def _pushes(workspace: Workspace, due: Iterable[Notice]) -> Iterator[Push]:
    now, due = timezone.now(), list(due)
    users = {one.user for one in due}
    members = Membership.objects.of(workspace).filter(user__in=users, user__is_active=True).select_related("user")
    wishes = {row.user_id: (row, wishes_of(row.settings, workspace)) for row in members}
    browsers: dict[UUID, list[PushSubscription]] = {}
    for subscription in PushSubscription.objects.of(workspace).filter(user__in=users):
        browsers.setdefault(subscription.user_id, []).append(subscription)
    for one in due:
        member, wish = wishes.get(one.user, (None, None))
        if member is None or wish is None or one.kind not in wish.push or wish.is_quiet(now):
            continue
        for subscription in browsers.get(one.user, ()):
            with translation.override(member.user.language or None):
                yield Push(subscription, sealed(subscription, _words(one)), _headers(subscription, one))


def _words(one: Notice) -> bytes:
    """Return what a browser shows: what kind and who, and where a click leads."""
    titles = {
        "message": _("New message"),
        "mention": _("You were mentioned"),
        "assigned": _("A conversation is yours"),
        "incident": _("An alert holds"),
    }
    address = f"/inbox/{one.conversation}/" if one.conversation else "/wallboard/"
    told = {"title": titles[one.kind], "body": one.who, "tag": f"{one.kind} {one.subject}", "address": address}
    return json.dumps(told, ensure_ascii=False).encode()


def sealed(subscription: PushSubscription, body: bytes) -> bytes:
    """Encrypt for one browser (RFC 8291): whoever carries it cannot read it."""
    encrypted: bytes = http_ece.encrypt(
        body,
        salt=os.urandom(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=raw(subscription.public_key),
        auth_secret=raw(subscription.auth_secret),
        version="aes128gcm",
    )
    return encrypted


def _headers(subscription: PushSubscription, one: Notice) -> dict[str, str]:
    return {
        "Authorization": vapid.proof(audience(subscription.endpoint)),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(KEPT_SECONDS),
        "Urgency": "high" if one.kind in {"incident", "message"} else "normal",
    }


def audience(endpoint: str) -> str:
    """Return the origin of a push service as its proof names it: without the port that goes without saying."""
    return origin(endpoint).removesuffix(":443")


def _post(push: Push) -> int | None:
    """Make one call; touches no database: it runs in a thread."""
    return hook.post(push.subscription.endpoint, push.body, push.headers)

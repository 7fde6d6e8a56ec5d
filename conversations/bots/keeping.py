"""Keeping bots: their address, the secret their webhooks are signed with, and the token they answer with, both shown once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import follow
from conversations.channels import hook
from conversations.models import Bot, Channel
from conversations.refusal import Refused
from hub.models import ApiToken, Role, Workspace, digest
from hub.secrets import SealedBox, seal, unseal

NAME = "bots"
NAME_LENGTH = 80


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A bot as somebody wants it; without ``channel_ids`` it has every channel."""

    name: str
    url: str
    channel_ids: Sequence[UUID] = ()
    active: bool = True


class Made(msgspec.Struct, frozen=True):
    """A bot with what is shown once and never again."""

    bot: Bot
    secret: str
    token: str


def secret_of(row: Bot) -> str:
    """Return what a bot's webhooks are signed with. Raises ``SecretUnreadable``."""
    return str(unseal(bytes(row.sealed_secret), _box(row)))


def _box(row: Bot) -> str:
    field = row._meta.get_field("sealed_secret")
    assert isinstance(field, SealedBox)
    return field.bound_to(row)


def create(workspace: Workspace, plan: Plan) -> Made:
    """Keep a new bot. Its token bears the bot's own id: that is how its words are known. Raises ``Refused``."""
    row = Bot(workspace=workspace)
    _fill(row, plan)
    secret, token = _fresh()
    row.sealed_secret = seal(secret, _box(row))
    with transaction.atomic():
        _save(row)
        ApiToken.objects.create(id=row.pk, workspace=workspace, name=row.name, role=Role.AGENT, digest=digest(token))
        follow.begin(workspace, NAME)
    return Made(row, secret, token)


def change(row: Bot, plan: Plan) -> Bot:
    """Let a bot be as the plan says. Raises ``Refused``: nothing has changed."""
    begins = plan.active and not row.active
    _fill(row, plan)
    with transaction.atomic():
        _save(row)
        ApiToken.objects.of(row.workspace).filter(pk=row.pk).update(name=row.name)
        if begins and Bot.objects.of(row.workspace).filter(active=True).count() == 1:
            follow.begin(row.workspace, NAME)
    return row


def rotate(row: Bot) -> Made:
    """Give a bot a new secret and a new token; the old ones are good for nothing from now on."""
    secret, token = _fresh()
    row.sealed_secret = seal(secret, _box(row))
    with transaction.atomic():
        row.save(update_fields=["sealed_secret"])
        ApiToken.objects.update_or_create(
            id=row.pk,
            defaults={"digest": digest(token), "revoked_at": None},
            create_defaults={
                "workspace": row.workspace, "name": row.name, "role": Role.AGENT, "digest": digest(token),
            },
        )  # fmt: skip
    return Made(row, secret, token)


def remove(row: Bot) -> None:
    """Forget a bot; what it said stays, what it holds goes to people's queue with the next look at it."""
    with transaction.atomic():
        ApiToken.objects.of(row.workspace).filter(pk=row.pk).update(revoked_at=timezone.now())
        row.delete()


def _fresh() -> tuple[str, str]:
    return f"nvw_{secrets.token_urlsafe(32)}", f"nvl_{secrets.token_urlsafe(32)}"


def _fill(row: Bot, plan: Plan) -> None:
    name, url = plan.name.strip(), plan.url.strip()
    if not name or "\0" in name:
        raise Refused("name", _("A bot needs a name."))
    if len(name) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    if not hook.usable(url) or len(url) > 500:
        raise Refused("url", _(hook.NOT_AN_ADDRESS))
    known = Channel.objects.of(row.workspace).filter(pk__in=plan.channel_ids, deleted_at=None).count()
    if known < len(set(plan.channel_ids)):
        raise Refused("channels", _("There is no such channel."))
    row.name, row.url, row.channel_ids, row.active = name, url, list(dict.fromkeys(plan.channel_ids)), plan.active


def _save(row: Bot) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("name", _("There is a bot of this name already.")) from error

"""Connecting stores and programs: opened, renamed, their secrets renewed while several are valid, and let go."""

from __future__ import annotations

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_noop

from conversations import connections_hint
from conversations.channels.stores import program
from conversations.channels.types import Credentials
from conversations.connect import MOST_SECRETS, mark_of, new_secret
from conversations.models import Connection
from conversations.refusal import Refused
from hub.models import Workspace
from hub.secrets import SecretUnreadable

NAME_LENGTH = 120
SECRET_LENGTH = 200


class Store(msgspec.Struct, frozen=True):
    """A kind of integration: its title and drawing, what to do over there, and whether its secret may be made here."""

    provider: str
    title: str
    explained: str
    drawing: tuple[str, str]
    steps: tuple[str, ...]
    makes_secret: bool = True


STORES = {
    one.provider: one
    for one in (
        Store(
            "shopify",
            "Shopify",
            gettext_noop("Orders, payments, refunds, deliveries, abandoned carts and customers."),
            ("simple", "shopify"),
            (
                gettext_noop("In Shopify, open Settings → Notifications → Webhooks. The key that signs them stands at the end of that page: it is the secret."),
                gettext_noop("Create a webhook in JSON with the address below for each of: order creation, payment, cancellation and update; refund, fulfillment creation and update; checkout creation and update; customer update."),
                gettext_noop("Over there, “Send test notification” beside a webhook tries it: it appears below as ignored, being a test."),
            ),
            makes_secret=False,
        ),
        Store(
            "woocommerce",
            "WooCommerce",
            gettext_noop("Orders with their payments, refunds and pickups."),
            ("simple", "woocommerce"),
            (
                gettext_noop("In WordPress, open WooCommerce → Settings → Advanced → Webhooks and add one with the topic “Order created” and one with “Order updated”."),
                gettext_noop("Give both the address below and the same secret, and set them to active."),
                gettext_noop("Change any order over there to try it: it appears below within seconds."),
            ),
        ),
        Store(
            "program",
            gettext_noop("Your own system"),
            gettext_noop("Any program that can send JSON: a till, an ERP, a spreadsheet's script."),
            ("lucide", "webhook"),
            (
                gettext_noop("Send POST with one event, a list of events or {\"events\": […]} as JSON to the address below; the API's documentation has every type."),
                gettext_noop("Sign the raw body: the header X-Novelo-Signature is sha256= and the HMAC-SHA256 of the body with the secret, in hexadecimal."),
                gettext_noop("Run the line below to try it: it is signed, changes nothing, and appears below as ignored."),
            ),
        ),
    )
}  # fmt: skip


class Made(msgspec.Struct, frozen=True):
    """A connection and its secret where it was made here: shown once."""

    connection: Connection
    secret: str = ""


def create(workspace: Workspace, provider: str, name: str, secret: str) -> Made:
    """Connect a store. Needs a transaction. Raises ``Refused`` (``provider``, ``name``, ``secret``)."""
    store = STORES.get(provider)
    if store is None:
        raise Refused("provider", _("There is no such integration."))
    made = new_secret() if not secret and store.makes_secret else ""
    row = Connection(workspace=workspace, provider=provider, name=_named(name))
    row.settings = {"source": _source(workspace, provider)}
    row.keep(Credentials(app_secrets=(made or _usable(secret),)))
    row.save(force_insert=True)
    connections_hint.tell(row.pk)
    return Made(row, made)


def rename(row: Connection, name: str) -> None:
    """Call a connection otherwise. Raises ``Refused``."""
    row.name = _named(name)
    row.save(update_fields=["name"])


def add_secret(row: Connection, secret: str) -> str:
    """Let one more secret be valid, made here where none is given; return it if it was. Needs a lock. Raises ``Refused``."""
    made = new_secret() if not secret.strip() and STORES[row.provider].makes_secret else ""
    fresh, held = made or _usable(secret), _held(row)
    if fresh in held:
        raise Refused("secret", _("This secret is in use already."))
    if len(held) >= MOST_SECRETS:
        raise Refused("secret", _("There are too many: retire an old one first."))
    _keep(row, (fresh, *held))
    return made


def retire_secret(row: Connection, mark: str) -> None:
    """Forget the secret with this ``mark``. Needs a lock. Raises ``Refused`` for the last one."""
    left = tuple(one for one in _held(row) if mark_of(row, one) != mark)
    if not left:
        raise Refused("secret", _("The last one stays: nothing could be believed without it."))
    _keep(row, left)


def remove(row: Connection) -> None:
    """Let a store go: its webhooks are refused from now on; what it told stays, and its journal too."""
    row.deleted_at = timezone.now()
    row.save(update_fields=["deleted_at"])
    _keep(row, ())


def trial(row: Connection, address: str) -> str:
    """Return a line for a shell that sends a signed webhook in which nothing happened; empty for a store that tries by itself."""
    held = _held(row)
    return program.trial(address, held[0]) if row.provider == program.Program.name and held else ""


def _keep(row: Connection, secrets: tuple[str, ...]) -> None:
    row.keep(Credentials(app_secrets=secrets))
    row.save(update_fields=["sealed_credentials"])
    connections_hint.tell(row.pk)


def _held(row: Connection) -> tuple[str, ...]:
    try:
        return row.credentials().app_secrets
    except SecretUnreadable:
        return ()


def _named(name: str) -> str:
    found = " ".join(name.replace("\0", "").split())
    if not found:
        raise Refused("name", _("It needs a name."))
    if len(found) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    return found


def _usable(secret: str) -> str:
    found = secret.strip()
    if len(found) < 8:
        raise Refused("secret", _("A secret has at least 8 characters."))
    if len(found) > SECRET_LENGTH or "\0" in found:
        raise Refused("secret", _("This cannot be a secret."))
    return found


def _source(workspace: Workspace, provider: str) -> str:
    """Return the word its events carry: two stores of one kind must not be taken for one."""
    rows = Connection.objects.of(workspace).filter(provider=provider).values_list("settings", flat=True)
    taken = {str(one.get("source")) for one in rows}
    names = (provider, *(f"{provider}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)

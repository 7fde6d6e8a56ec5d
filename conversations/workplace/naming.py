"""Words people give to things: one line, not empty, not too long, of no other thing; and the short ones that stand for them."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.text import slugify
from django.utils.translation import gettext as _

from conversations.refusal import Refused

KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")


def one_line(field: str, value: str, most: int) -> str:
    """Return ``value`` as one line. Raises ``Refused`` for an empty or too long one."""
    fit = " ".join(value.split())
    if not fit or "\0" in fit:
        raise Refused(field, _("This field is needed."))
    if len(fit) > most:
        raise Refused(field, _("May hold at most %(number)d characters.") % {"number": most})
    return fit


def key(field: str, value: str, most: int) -> str:
    """Return ``value`` as a key: small letters, digits, hyphens. Raises ``Refused`` for anything else."""
    fit = value.strip().lower().removeprefix("/")
    if not KEY.fullmatch(fit):
        raise Refused(field, _("May hold letters without accents, digits, “-” and “_” only."))
    if len(fit) > most:
        raise Refused(field, _("May hold at most %(number)d characters.") % {"number": most})
    return fit


def key_of(title: str, most: int) -> str:
    """Return the key a title suggests: "Número do pedido" is "numero_do_pedido"; empty for one without letters."""
    return slugify(title).replace("-", "_")[:most].strip("_")


def keep(row: Model, note: Callable[[], None], taken: Refused) -> None:
    """Store a row and ``note`` it in the audit log. Raises ``taken`` when another row has its name; then nothing has changed."""
    try:
        with transaction.atomic():
            row.save()
            note()
    except IntegrityError as error:
        raise taken from error

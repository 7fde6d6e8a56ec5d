"""Template words about what agents work with: variables, kinds of fields and whose they are."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from conversations.workplace import canned, fields

register = template.Library()


@register.simple_tag
def variables() -> list[dict[str, str]]:
    """Return what canned replies may name: ``name`` with its braces, ``title`` what it stands for."""
    return [{"name": "{{" + name + "}}", "title": _(title)} for name, title in canned.VARIABLES.items()]


@register.filter
def kind_word(kind: str) -> str:
    """Return what a kind of field is called."""
    return _(fields.KINDS.get(kind, kind))


@register.filter
def owner_word(of: str) -> str:
    """Return what a field belongs to."""
    return _(fields.OWNERS.get(of, of))

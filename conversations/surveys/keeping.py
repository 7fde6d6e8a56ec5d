"""Keeping surveys: their question, when it is asked, of whom and in which words; read whole before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from conversations import follow
from conversations.channels.registry import CHANNELS
from conversations.models import Survey
from conversations.refusal import Refused
from conversations.surveys.planning import NAME, TRIGGERS
from conversations.surveys.texts import LENGTH, PARTS
from conversations.surveys.words import SCALES
from hub.models import Team, Workspace

NAME_LENGTH, TEMPLATE_LENGTH = 80, 512
LONGEST_DELAY = 30 * 86_400  # seconds


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A survey as somebody wants it; ``texts`` are ``{language: {question, thanks, comment}}``, the house's own where empty."""

    name: str
    kind: str
    trigger: str = "conversation.resolved"
    delay_seconds: int = 0
    team_id: UUID | None = None
    channel_kinds: Sequence[str] = ()
    texts: Mapping[str, Mapping[str, str]] = {}
    template: str = ""
    active: bool = False


def keep(workspace: Workspace, plan: Plan, row: Survey | None = None) -> Survey:
    """Store a new survey, or ``row`` as the plan says. Raises ``Refused``: nothing has changed."""
    _check(workspace, plan)
    fresh = row is None
    row = row or Survey(workspace=workspace)
    if not fresh and row.kind != plan.kind:
        raise Refused("kind", _("Cannot be changed: make another survey."))
    begins = plan.active and (fresh or not row.active)
    others = Survey.objects.of(workspace).filter(active=True).exclude(pk=row.pk).exists()
    row.name, row.kind, row.trigger, row.delay_seconds = plan.name.strip(), plan.kind, plan.trigger, plan.delay_seconds
    row.team_id, row.channel_kinds, row.template = plan.team_id, list(plan.channel_kinds), plan.template.strip()
    row.texts, row.active = _texts(plan.texts), plan.active
    try:
        with transaction.atomic():
            if begins and not others:
                follow.begin(workspace, NAME)
            row.save()
    except IntegrityError as error:
        raise Refused("name", _("There is a survey of this name already.")) from error
    return row


def _check(workspace: Workspace, plan: Plan) -> None:
    if not plan.name.strip() or "\0" in plan.name:
        raise Refused("name", _("A survey needs a name."))
    if len(plan.name) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    for field, word, words in (("kind", plan.kind, SCALES), ("trigger", plan.trigger, TRIGGERS)):
        if word not in words:
            raise Refused(field, _("Must be one of: %(words)s.") % {"words": ", ".join(words)})
    if not 0 <= plan.delay_seconds <= LONGEST_DELAY:
        raise Refused("delay_seconds", _("May be at most 30 days."))
    if not set(plan.channel_kinds) <= set(CHANNELS):
        raise Refused("channel_kinds", _("Must be one of: %(words)s.") % {"words": ", ".join(sorted(CHANNELS))})
    if plan.team_id is not None and not Team.objects.of(workspace).filter(pk=plan.team_id).exists():
        raise Refused("team", _("There is no such team here."))
    if len(plan.template) > TEMPLATE_LENGTH or "\0" in plan.template:
        raise Refused("template", _("May hold at most %(number)d characters.") % {"number": TEMPLATE_LENGTH})


def _texts(given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the texts that were written, without empty ones. Raises ``Refused``."""
    known = {code for code, _name in settings.LANGUAGES}
    found: dict[str, dict[str, str]] = {}
    for language, parts in given.items():
        if language not in known:
            raise Refused("texts", _("Must be one of: %(words)s.") % {"words": ", ".join(sorted(known))})
        if not isinstance(parts, Mapping) or not set(parts) <= set(PARTS):
            raise Refused("texts", _("Must be one of: %(words)s.") % {"words": ", ".join(PARTS)})
        for part, text in parts.items():
            if not isinstance(text, str) or len(text) > LENGTH or "\0" in text:
                raise Refused("texts", _("May hold at most %(number)d characters.") % {"number": LENGTH})
            if text.strip():
                found.setdefault(language, {})[part] = text.strip()
    return found

"""The words of surveys: what the house says in the customer's language unless the survey has its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from conversations.models import Conversation, Survey
from conversations.surveys.words import SCALES

PARTS = ("question", "thanks", "comment")
LENGTH = 900


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A survey's words in one language; ``titles`` by score, ``hint`` says how to answer by number."""

    question: str
    hint: str
    thanks: str
    comment: str
    again: str
    button: str
    titles: Mapping[int, str]


def language_of(row: Conversation) -> str:
    """Return the language to ask a customer in: the conversation's, the person's, else the house's."""
    wanted = row.language or str(row.customer.attributes.get("language") or "")
    codes = [code for code, _name in settings.LANGUAGES]
    near = [code for code in codes if wanted and code.partition("-")[0] == wanted.lower().partition("-")[0]]
    return near[0] if near else settings.LANGUAGE_CODE


@contextmanager
def spoken_in(language: str) -> Iterator[None]:
    """Say everything in a language while the block runs."""
    with translation.override(language):
        yield


def spoken(survey: Survey, language: str) -> Spoken:
    """Return the words of a survey in a language."""
    with spoken_in(language):
        return _spoken(survey, language)


def _spoken(survey: Survey, language: str) -> Spoken:
    own: dict[str, Any] = survey.texts.get(language) or {}
    scale = SCALES[survey.kind]
    ends = {"low": scale[0], "high": scale[-1]}
    titles = {1: _("Terrible"), 2: _("Bad"), 3: _("Fair"), 4: _("Good"), 5: _("Excellent")}
    if survey.kind == "nps":
        question = _("How likely are you to recommend us to a friend?")
        hint = _("Answer with a number from %(low)d (not at all) to %(high)d (surely).") % ends
    else:
        question = _("How satisfied are you with our service?")
        hint = _("Answer with a number from %(low)d (terrible) to %(high)d (excellent).") % ends
    return Spoken(
        question=own.get("question") or question,
        hint=hint,
        thanks=own.get("thanks") or _("Thank you for your answer!"),
        comment=own.get("comment") or _("Would you like to tell us why? One message is enough."),
        again=_("Sorry, we did not understand that. %(hint)s") % {"hint": hint},
        button=_("Choose"),
        titles={n: str(n) for n in scale} if survey.kind == "nps" else {n: f"{n} · {titles[n]}" for n in scale},
    )

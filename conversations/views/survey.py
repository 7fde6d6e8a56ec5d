"""The page of a survey: one question to one person, behind a signed link, answered once."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations import surveys
from conversations.act import act
from conversations.models import SurveyRequest
from conversations.refusal import Refused, TooLate
from conversations.surveys import texts
from conversations.surveys.link import request_of
from conversations.surveys.words import SCALES

PAGE = "conversations/survey.html"


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question in the customer's language; a POST keeps the answer and says thanks."""
    request_id = request_of(token)
    rows = SurveyRequest.objects.select_related("survey", "workspace", "conversation__customer")
    row = rows.filter(pk=request_id).first() if request_id else None
    if row is None or row.conversation is None:
        return _shown(request, {"closed": _("This link is not valid any more.")}, status=404)
    chosen = request.GET.get("lang", "")
    language = chosen if chosen in dict(settings.LANGUAGES) else texts.language_of(row.conversation)
    with translation.override(language):
        return _answered(request, row, language)


def _answered(request: HttpRequest, row: SurveyRequest, language: str) -> HttpResponse:
    spoken = texts.spoken(row.survey, language)
    context = {
        "house": row.workspace.name,
        "spoken": spoken,
        "kind": row.survey.kind,
        "scale": [(n, spoken.titles[n]) for n in SCALES[row.survey.kind]],
        "language": language,
        "languages": settings.LANGUAGES,
    }
    if request.method == "GET":
        closed = _("You have answered already. Thank you!") if row.state == "answered" else ""
        return _shown(request, context | {"closed": closed})
    given, comment = request.POST.get("score", ""), request.POST.get("comment", "")
    score = int(given) if given.isascii() and given.isdigit() and len(given) <= 2 else -1
    try:
        act(row.workspace_id, lambda: surveys.answer_on_page(row.workspace, row.pk, score, comment))
    except Refused as refused:
        return _shown(request, context | {"wrong": refused.sentence, "comment": comment}, status=400)
    except TooLate as late:
        return _shown(request, context | {"closed": late.sentence}, status=409)
    return _shown(request, context | {"done": True})


def _shown(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    answer = render(request, PAGE, context, status=status)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer

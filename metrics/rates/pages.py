"""The settings' page of exchange rates: which money waits for one, entering one or many, and all there are."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.access import Caller, require
from hub.house.forms import HouseForm
from hub.models import Role, Workspace
from hub.refusal import Refused, TooLate
from metrics import words
from metrics.models import ExchangeRate
from metrics.rates import keeping
from metrics.rates.keeping import Rate

PAGE = "metrics/rates.html"
MOST_LINES, MOST_SHOWN = 400, 60
NUMBER = re.compile(rf"\d{{1,{keeping.DIGITS - keeping.PLACES}}}(?:([.,])(\d{{1,{keeping.PLACES}}}))?")


def number(text: str) -> Decimal:
    """Read a rate with either decimal sign. Raises ``Refused`` where the sign may as well part thousands: 5.432 in Portuguese."""
    found = NUMBER.fullmatch(text.strip())
    if not found:
        raise Refused(
            "rate", _("Must be a number above 0 like 5.4321, with at most 10 digits before and 8 after its sign.")
        )
    sign, places = found.groups()
    if sign and len(places) == 3 and sign == words.locale().number_symbols["latn"]["group"]:
        sentence = _("%(text)s may be read in two ways: write it with four digits after the sign, or without a sign.")
        raise Refused("rate", sentence % {"text": text.strip()})
    return Decimal(found[0].replace(",", "."))


class RateForm(HouseForm):
    """One rate: a currency, the day it holds from, and what one unit is worth."""

    currency = forms.CharField(max_length=3, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    day = forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    rate = forms.CharField(max_length=30, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))

    def __init__(self, workspace: Workspace, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        worth = _("What one unit is worth in %(currency)s.") % {"currency": workspace.currency}
        self.say(
            ("currency", _("Currency"), _("Its code of three letters, like USD.")),
            ("day", _("From the day"), _("It holds until the next rate of this currency.")),
            ("rate", _("Rate"), worth),
        )

    def wanted(self, workspace: Workspace) -> list[Rate]:
        """Return the rate, once it is valid. Raises ``Refused``."""
        given = self.cleaned_data
        return [keeping.read(workspace, given["currency"], given["day"], number(given["rate"]))]


class LinesForm(HouseForm):
    """Many rates, one a line."""

    lines = forms.CharField(max_length=20_000, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        example = "2026-03-02;USD;5.4321"
        self.say(
            ("lines", _("Lines"), _("Day, currency and rate between semicolons, like %(line)s") % {"line": example})
        )

    def wanted(self, workspace: Workspace) -> list[Rate]:
        """Return the rates, once it is valid. Raises ``Refused``, naming the line."""
        lines = [one for one in enumerate(self.cleaned_data["lines"].splitlines(), start=1) if one[1].strip()]
        if len(lines) > MOST_LINES:
            raise Refused("lines", _("At most %(number)d lines at once.") % {"number": MOST_LINES})
        found: dict[tuple[Any, ...], Rate] = {}
        for place, line in lines:
            try:
                one = _of_line(workspace, line)
                if (one.currency, one.day) in found:
                    raise Refused("day", _("A line above names this currency and day already."))
            except Refused as refused:
                said = {"place": place, "sentence": refused.sentence}
                raise Refused("lines", _("Line %(place)d: %(sentence)s") % said) from refused
            found[one.currency, one.day] = one
        return list(found.values())


def _of_line(workspace: Workspace, line: str) -> Rate:
    parts = line.split(";")
    if len(parts) != 3:
        raise Refused("lines", _("Must be a day, a currency and a rate between semicolons."))
    try:
        day = forms.DateField().clean(parts[0])
    except forms.ValidationError as error:
        raise Refused("day", error.messages[0]) from error
    return keeping.read(workspace, parts[1], day, number(parts[2]))


@never_cache
@require_http_methods(["GET", "POST"])
def rates(request: HttpRequest) -> HttpResponse:
    """Show every rate and what waits for one; a POST keeps one or many, or removes one, as its ``act`` says."""
    caller = require(request, Role.SUPERVISOR)
    here = caller.workspace
    asked = {"currency": request.GET.get("currency", ""), "day": request.GET.get("day") or timezone.localdate()}
    forms_shown: dict[str, RateForm | LinesForm] = {"form": RateForm(here, initial=asked), "many": LinesForm()}
    said = {}
    if request.method == "POST":
        try:
            if request.POST.get("act") == "remove":
                said = {"told": _remove(caller, request.POST.get("rate", ""))}
            else:
                name = "many" if request.POST.get("act") == "many" else "form"
                typed = LinesForm(request.POST) if name == "many" else RateForm(here, request.POST)
                said = {"told": _keep(caller, typed)}
                if not said["told"]:
                    forms_shown[name] = typed
        except TooLate as late:
            said = {"late": late.sentence}
    part = "#rates" if request.method == "POST" and getattr(request, "htmx", False) else ""
    return render(request, f"{PAGE}{part}", {**forms_shown, **said, **_shown(here)})


def _keep(caller: Caller, form: RateForm | LinesForm) -> str:
    """Keep what was typed and return a sentence about it; an empty one when it stands at its field why not."""
    if not form.is_valid():
        return ""
    try:
        kept = keeping.keep(caller, form.wanted(caller.workspace))
    except Refused as refused:
        form.refuse(refused)
        return ""
    if len(kept) == 1:
        return _("Kept: %(rate)s. The figures follow within moments.") % {"rate": _said(caller.workspace, kept[0])}
    sentence = ngettext("%(number)d rate is kept.", "%(number)d rates are kept.", len(kept)) % {"number": len(kept)}
    return f"{sentence} {_('The figures follow within moments.')}"


def _remove(caller: Caller, word: str) -> str:
    try:
        row = keeping.remove(caller, int(word) if word.isascii() and word.isdigit() and len(word) < 20 else 0)
    except ExchangeRate.DoesNotExist as error:
        raise Http404 from error
    return _("Removed: %(rate)s. The figures follow within moments.") % {"rate": _said(caller.workspace, row)}


def _shown(workspace: Workspace) -> dict[str, Any]:
    names = words.locale().currencies
    rows = ExchangeRate.objects.of(workspace)
    groups = []
    for code in rows.order_by("currency").values_list("currency", flat=True).distinct():
        some = rows.filter(currency=code).order_by("-day")[: MOST_SHOWN + 1]
        kept = [(row.pk, _worth(workspace, row), _day(row.day)) for row in some]
        groups.append({"name": names.get(code, code), "rates": kept[:MOST_SHOWN], "is_cut": len(kept) > MOST_SHOWN})
    return {
        "waiting": [
            {"one": one, "name": names.get(one.currency, one.currency), "since": _day(one.since)}
            for one in keeping.waiting(workspace)
        ],
        "groups": groups,
        "most": MOST_SHOWN,
        "own": f"{names.get(workspace.currency, workspace.currency)} ({workspace.currency})",
    }


def _said(workspace: Workspace, row: ExchangeRate) -> str:
    return f"{_worth(workspace, row)}, {_day(row.day)}"


def _worth(workspace: Workspace, row: ExchangeRate) -> str:
    number = format_decimal(row.rate, format="#,##0.00######", locale=words.locale())
    return f"1 {row.currency} = {number} {workspace.currency}"


def _day(at: date) -> str:
    return str(format_date(at, locale=words.locale()))

"""One channel: how it fares, its test, its name and settings, its secrets and their rotation, and its removal.

Every part of the page is a form of its own that answers with its part alone, so that what is typed elsewhere stays.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from conversations import check, connect, stopping
from conversations.act import act, actor_of
from conversations.api.connected import check as answered
from conversations.audited import on_channel
from conversations.channels.setup import Field, Unfit, accepted
from conversations.models import Channel
from conversations.refusal import Refused
from conversations.views.settings.cards import card, channel_here
from conversations.views.settings.forms import PREFIX, SettingsForm
from hub import audit
from hub.access import Caller, require
from hub.models import Role

PAGE = "conversations/settings/channel.html"
Shown = dict[str, Any]


@never_cache
@require_http_methods(["GET", "POST"])
def channel(request: HttpRequest, channel: UUID) -> HttpResponse:
    """Show a channel; a POST does what its ``act`` says and shows the part it changed."""
    caller = require(request, Role.ADMIN)
    row = channel_here(caller.workspace, channel)
    if request.method == "GET":
        return render(request, PAGE, _everything(row))
    found = ACTS.get(request.POST.get("act", ""))
    if found is None:
        return HttpResponseBadRequest("Unknown act.")
    part, do = found
    said = do(request, caller, row)
    context = _everything(channel_here(caller.workspace, channel)) | said
    if getattr(request, "htmx", False):
        return render(request, f"{PAGE}#{part}", context)
    return render(request, PAGE, context | {"halted": False})


def _everything(row: Channel) -> Shown:
    """Return what the page shows of a channel that nobody has just changed."""
    shown = card(row)
    form = SettingsForm(shown.setup.settings, row.settings)
    return {
        "card": shown,
        "form": form,
        "groups": _inputs(form, shown.setup.settings),
        "name": row.name,
        "secrets": _secrets(row, shown.setup.secrets),
        "steps": [_(step) for step in shown.setup.steps],
        "shares": _others(row),
    }


def _inputs(form: SettingsForm, fields: tuple[Field, ...]) -> list[Any]:
    return [form[f"{PREFIX}{field.name}"] for field in fields]


def _others(row: Channel) -> list[str]:
    """Return the names of the other channels of the connection: a new secret is theirs as well."""
    if row.connection_id is None:
        return []
    others = Channel.objects.of(row.workspace).in_use().filter(connection=row.connection_id).exclude(pk=row.pk)
    return list(others.order_by("name").values_list("name", flat=True))


def _secrets(row: Channel, fields: tuple[Field, ...]) -> list[Shown]:
    """Return each secret of the kind: its words, whether several may be valid, and the marks of those that are."""
    held = connect.marks(row.connection) if row.connection else {}
    return [
        {
            "name": field.name,
            "title": _(field.title),
            "help": _(field.help) if field.help else "",
            "several": field.kind == "secrets",
            "made": field.made,
            "is_secret": field.kind in {"secret", "secrets"},
            "marks": held.get(field.name, ()),
        }
        for field in fields
    ]


def _change(request: HttpRequest, caller: Caller, row: Channel) -> Shown:
    """Rename the channel and keep its settings."""
    fields = card(row).setup.settings
    form = SettingsForm(fields, row.settings, request.POST)
    name = request.POST.get("name", "").strip()
    wrong = "" if name and "\0" not in name else _("A channel needs a name.")
    if len(name) > NAME_LENGTH:
        wrong = _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH}
    said: Shown = {"form": form, "groups": _inputs(form, fields), "name": name, "wrong_name": wrong}
    if not form.is_valid() or wrong:
        return said
    change = partial(connect.change_channel, caller.workspace, row.pk, name=name, settings=form.given())
    try:
        on_channel(caller, "changed", change, row.pk, _changes(row, name, form.given()))
    except Refused as refused:
        form.add_error(refused.field.replace("settings.", PREFIX), refused.sentence)
        return said
    return {"saved": _("Saved.")}


def _changes(row: Channel, name: str, settings: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what is otherwise, for the audit log; emptied settings are gone."""
    kept = {key: value for key, value in settings.items() if value is not None}
    return audit.difference({"name": row.name, **row.settings}, {"name": name, **kept})


def _field(request: HttpRequest, row: Channel) -> Field | None:
    named = request.POST.get("field", "")
    return next((field for field in card(row).setup.secrets if field.name == named), None)


def _add(request: HttpRequest, caller: Caller, row: Channel) -> Shown:
    """Put a new secret into use: beside the old ones where several may be valid, else in the old one's place."""
    field = _field(request, row)
    if field is None:
        return {}
    typed, made = request.POST.get("secret", "").strip(), ""
    if not typed and field.made:
        typed = made = connect.new_secret()
    try:
        accepted(field, [typed] if field.kind == "secrets" else typed)
        if not typed:
            raise Unfit(field.name, _("This field is needed."))
        on_channel(
            caller, "secret_added", partial(_keep, caller, row, field, typed), row.pk, {"of": (None, field.name)}
        )
    except (Unfit, Refused) as error:
        return {"wrong_secret": {field.name: error.sentence}, "typed": {field.name: typed}}
    said: Shown = {"saved_secret": {field.name: _("Saved. It is in use from now on.")}}
    if made:
        return {"made": {field.name: made}, **said}
    if field.name in connect.TOKENS:
        return said | _ask(caller, row)
    return said


def _keep(caller: Caller, row: Channel, field: Field, secret: str) -> connect.Opened:
    if field.kind == "secrets":
        return connect.add_secret(caller.workspace, row.pk, field.name, secret)
    return connect.change_channel(caller.workspace, row.pk, secrets={field.name: secret})


def _retire(request: HttpRequest, caller: Caller, row: Channel) -> Shown:
    """Forget an old secret: what is signed with it is refused from now on."""
    field = _field(request, row)
    if field is None:
        return {}
    mark = request.POST.get("mark", "")
    try:
        retire = partial(connect.retire_secret, caller.workspace, row.pk, field.name, mark)
        on_channel(caller, "secret_retired", retire, row.pk, {"of": (field.name, None)})
    except Refused:
        return {"wrong_secret": {field.name: _("The last one stays: nothing could be believed without it.")}}
    return {"saved_secret": {field.name: _("Retired. What is signed with it is refused from now on.")}}


def _stop(request: HttpRequest, caller: Caller, row: Channel) -> Shown:
    """Let nothing leave until somebody lets it; what is written waits."""
    on_channel(caller, "stopped", lambda: stopping.stop_by_hand(caller.workspace, row.pk, actor_of(caller)), row.pk)
    return {"halted": True}


def _resume(request: HttpRequest, caller: Caller, row: Channel) -> Shown:
    """Let what waits leave, in its order."""
    on_channel(caller, "resumed", lambda: stopping.resume_by_hand(caller.workspace, row.pk, actor_of(caller)), row.pk)
    return {"halted": True}


NAME_LENGTH = 120
ACTS: dict[str, tuple[str, Callable[[HttpRequest, Caller, Channel], Shown]]] = {
    "change": ("details", _change),
    "add": ("secrets", _add),
    "retire": ("secrets", _retire),
    "stop": ("fares", _stop),
    "resume": ("fares", _resume),
}


def _ask(caller: Caller, row: Channel) -> Shown:
    """Ask the provider whether the channel works, and settle what it said."""
    answer = check.ask(channel_here(caller.workspace, row.pk))
    act(caller.workspace.pk, lambda: connect.settle_check(caller.workspace, row.pk, answer))
    return {"answer": answered(answer)}


@never_cache
@require_POST
def test(request: HttpRequest, channel: UUID) -> HttpResponse:
    """Ask the provider whether the channel works; answer with the result and how the channel fares now."""
    caller = require(request, Role.ADMIN)
    said = _ask(caller, channel_here(caller.workspace, channel))
    context = _everything(channel_here(caller.workspace, channel)) | said
    htmx: Any = getattr(request, "htmx", False)
    return render(
        request, "conversations/settings/answer.html" if htmx else PAGE, context | {"renew": "renew" in request.POST}
    )


@never_cache
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, channel: UUID) -> HttpResponse:
    """Say what removing a channel ends and what stays, and remove it when that is confirmed."""
    caller = require(request, Role.ADMIN)
    row = channel_here(caller.workspace, channel)
    if request.method == "POST":
        on_channel(caller, "removed", lambda: connect.close_channel(caller.workspace, row.pk), row.pk)
        return redirect("settings_channels")
    return render(request, "conversations/settings/remove.html", {"card": card(row), "shares": _others(row)})

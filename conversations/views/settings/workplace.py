"""The shelves of what agents work with: labels, canned replies and custom fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from conversations.models import CannedReply, CustomField, Label
from conversations.views.settings.shelf import Shelf, apart, page
from conversations.workplace import canned, fields, labels
from hub.access import Caller
from hub.house.forms import HouseForm
from hub.models import Role, Team, Workspace


class LabelForm(HouseForm):
    """A label: its name and its color."""

    name = forms.CharField(max_length=labels.NAME_LENGTH)
    color = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, workspace: Workspace, row: Label | None, data: Any = None) -> None:
        initial = {"name": row.name, "color": row.color} if row else {"color": "grey"}
        super().__init__(data, initial=initial, auto_id=apart(row))
        self.fields["name"].label, self.fields["color"].label = _("Name"), _("Color")
        self.offer("color", [(word, _(title)) for word, title in labels.COLORS.items()])


def _change_label(caller: Caller, key: UUID, given: dict[str, Any]) -> Label:
    return labels.change(caller, key, labels.LabelChange(**given))


def _labels(workspace: Workspace) -> Sequence[Label]:
    return list(Label.objects.of(workspace).order_by("name"))


LABELS = Shelf(
    template="conversations/settings/labels.html",
    role=Role.ADMIN,
    rows=_labels,
    make=LabelForm,
    create=lambda caller, given: labels.create(caller, given["name"], given["color"]),
    change=_change_label,
    remove=labels.remove,
)


class CannedForm(HouseForm):
    """A canned reply: what calls it, what it is called, what it says, whose it is and in which language."""

    shortcut = forms.CharField(max_length=canned.SHORTCUT_LENGTH + 1)
    title = forms.CharField(max_length=canned.TITLE_LENGTH)
    text = forms.CharField(max_length=canned.TEXT_LENGTH, strip=False, widget=forms.Textarea(attrs={"rows": 4}))
    team = forms.ChoiceField(required=False)
    language = forms.ChoiceField(required=False)

    def __init__(self, workspace: Workspace, row: CannedReply | None, data: Any = None) -> None:
        initial: dict[str, Any] = {}
        if row:
            initial = {name: getattr(row, name) for name in ("shortcut", "title", "text", "language")}
            initial["team"] = str(row.team_id) if row.team_id else ""
        super().__init__(data, initial=initial, auto_id=apart(row))
        self.say(
            ("shortcut", _("Shortcut"), _("What is typed after “/”, like: thanks")),
            ("title", _("Title"), ""),
            ("text", _("Text"), ""),
            ("team", _("Team"), ""),
            ("language", _("Language"), ""),
        )
        teams = Team.objects.of(workspace).order_by("name").values_list("pk", "name")
        self.offer("team", [("", _("Everybody")), *((str(key), name) for key, name in teams)])
        self.offer("language", [("", _("Every language")), *settings.LANGUAGES])


def _canned(given: dict[str, Any]) -> canned.CannedChange:
    return canned.CannedChange(**{**given, "team": UUID(given["team"]) if given["team"] else None})


def _replies(workspace: Workspace) -> Sequence[CannedReply]:
    return list(CannedReply.objects.of(workspace).select_related("team").order_by("shortcut", "id"))


def _change_reply(caller: Caller, key: UUID, given: dict[str, Any]) -> CannedReply:
    return canned.change(caller, key, _canned(given))


CANNED = Shelf(
    template="conversations/settings/canned.html",
    role=Role.SUPERVISOR,
    rows=_replies,
    make=CannedForm,
    create=lambda caller, given: canned.create(caller, _canned(given)),
    change=_change_reply,
    remove=canned.remove,
)


class FieldForm(HouseForm):
    """A custom field; once it is there, only its title, its choices and its place may change."""

    of = forms.ChoiceField()
    title = forms.CharField(max_length=fields.TITLE_LENGTH)
    kind = forms.ChoiceField()
    key = forms.CharField(max_length=fields.KEY_LENGTH, required=False)
    choices = forms.CharField(max_length=9000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    position = forms.IntegerField(min_value=0, max_value=10_000)

    def __init__(self, workspace: Workspace, row: CustomField | None, data: Any = None) -> None:
        initial: dict[str, Any] = {"of": "customer", "kind": "text"}
        if row:
            initial = {"title": row.title, "choices": "\n".join(row.choices), "position": row.position}
        super().__init__(data, initial=initial, auto_id=apart(row))
        self.say(
            ("of", _("Belongs to"), ""),
            ("title", _("Title"), ""),
            ("kind", _("Kind"), ""),
            ("key", _("Key"), _("How programs and variables call it; left empty, the title gives it.")),
            ("choices", _("Choices"), _("One a line, for a choice only.")),
            ("position", _("Place"), _("Smaller numbers stand higher.")),
        )
        gone = {"of", "kind", "key"} | ({"choices"} if row.kind != "choice" else set()) if row else {"position"}
        for name, words in (("of", fields.OWNERS), ("kind", fields.KINDS)):
            self.offer(name, [(word, _(title)) for word, title in words.items()])
        for name in gone:
            del self.fields[name]

    def clean_choices(self) -> tuple[str, ...]:
        """Read the choices, one a line."""
        return tuple(line.strip() for line in str(self.cleaned_data["choices"]).splitlines() if line.strip())


def _change_field(caller: Caller, key: UUID, given: dict[str, Any]) -> CustomField:
    return fields.change(caller, key, fields.FieldChange(**given))


def _fields(workspace: Workspace) -> Sequence[CustomField]:
    return list(CustomField.objects.of(workspace).order_by("-of", "position", "id"))


FIELDS = Shelf(
    template="conversations/settings/fields.html",
    role=Role.ADMIN,
    rows=_fields,
    make=FieldForm,
    create=lambda caller, given: fields.create(caller, fields.NewField(**given)),
    change=_change_field,
    remove=fields.remove,
)

label_shelf, canned_shelf, field_shelf = page(LABELS), page(CANNED), page(FIELDS)

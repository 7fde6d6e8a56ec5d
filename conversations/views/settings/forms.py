"""Forms made of what a kind of channel says it needs: its address, its secrets, its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django import forms
from django.utils.translation import gettext as _

from conversations.channels.adapter import Adapter
from conversations.channels.setup import LISTED, Field, Unfit, accepted
from conversations.channels.types import Credentials
from conversations.models import Connection

PREFIX = "set_"  # of a setting's input: its name may be that of another field


def input_of(field: Field, *, required: bool) -> forms.Field:
    """Return the input for one thing to fill in, in the reader's language."""
    said: dict[str, Any] = {
        "label": _(field.title),
        "help_text": _(field.help) if field.help else "",
        "required": required,
    }
    hints = {"placeholder": field.example} if field.example else {}
    choices = [(word, _(title)) for word, title in field.choices]
    match field.kind:
        case "choices":
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **said)
        case "choice":
            return forms.ChoiceField(choices=[("", _("Not said")), *choices], **said)
        case "paragraph" | "lines" | "origins":
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 3, **hints}), **said)
        case "color":
            return forms.CharField(widget=forms.TextInput(attrs={"type": "color"}), **said)
        case "secret" | "secrets":
            # What was typed comes back with the sentence about it; what is kept never does.
            shown = forms.PasswordInput(render_value=True, attrs={"autocomplete": "off", "spellcheck": "false"})
            return forms.CharField(widget=shown, **said)
    return forms.CharField(widget=forms.TextInput(attrs=hints), **said)


def value_in(field: Field, given: Any) -> Any:
    """Return what an input holds as the field reads it: a text, or a list of them."""
    if field.kind in LISTED and isinstance(given, str):
        return [line.strip() for line in given.splitlines() if line.strip()]
    return list(given) if isinstance(given, Sequence) and not isinstance(given, str) else given


def value_for(field: Field, kept: Any) -> Any:
    """Return what is kept as the input shows it."""
    if field.kind == "color":
        return kept or field.example or "#4f46e5"
    return "\n".join(kept) if field.kind in {"lines", "origins"} and isinstance(kept, list) else kept


class FieldsForm(forms.Form):
    """A form whose inputs are made of fields: each is held to what its field says, with its own sentence."""

    def __init__(self, fields: Iterable[Field], *args: Any, prefix_names: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made_of = {f"{prefix_names}{field.name}": field for field in fields}
        for name, field in self.made_of.items():
            self.fields[name] = input_of(field, required=False)

    def clean(self) -> dict[str, Any]:
        """Read every input as its field does; a wrong one gets its sentence and loses nothing typed."""
        data = super().clean() or self.cleaned_data
        for name, field in self.made_of.items():
            if name in data:
                try:
                    data[name] = accepted(field, value_in(field, data[name]))
                except Unfit as error:
                    self.add_error(name, error.sentence)
        return data

    def values(self, fields: Iterable[Field], prefix: str = "") -> dict[str, Any]:
        """Return what was filled in for these fields, by their own names; nothing of those that stayed empty."""
        found = {field.name: self.cleaned_data.get(f"{prefix}{field.name}") for field in fields}
        return {name: value for name, value in found.items() if value}


class SettingsForm(FieldsForm):
    """What may be set of a channel that is there."""

    def __init__(self, fields: Sequence[Field], kept: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        initial = {f"{PREFIX}{field.name}": value_for(field, kept.get(field.name)) for field in fields}
        super().__init__(fields, *args, prefix_names=PREFIX, initial=initial, **kwargs)

    def given(self) -> dict[str, Any]:
        """Return every setting of the form, None for one that was emptied."""
        return {name.removeprefix(PREFIX): self.cleaned_data.get(name) or None for name in self.made_of}


class ConnectForm(FieldsForm):
    """A channel to open: what it is called, its address, and the secrets of a new connection or one that is there."""

    name = forms.CharField(max_length=120)
    connection = forms.ChoiceField(required=False)

    def __init__(self, adapter: Adapter, connections: Iterable[Connection], *args: Any, **kwargs: Any) -> None:
        self.adapter = adapter
        setup = adapter.setup
        address = (setup.address,) if setup.address else ()
        super().__init__((*address, *setup.secrets), *args, **kwargs)
        for field in setup.settings:
            self.made_of[f"{PREFIX}{field.name}"] = field
            self.fields[f"{PREFIX}{field.name}"] = input_of(field, required=False)
            self.initial.setdefault(f"{PREFIX}{field.name}", value_for(field, None))
        self.fields["name"].label = _("Name")
        self.fields["name"].help_text = _("How your team calls it, like “Sales”.")
        there = [(str(row.pk), _names(row)) for row in connections] if setup.address else []
        if there:
            self.fields["connection"].label = _("Connection")
            chosen = self.fields["connection"]
            assert isinstance(chosen, forms.ChoiceField)
            chosen.choices = [("", _("A new one")), *there]
        else:
            del self.fields["connection"]

    def clean(self) -> dict[str, Any]:
        """Ask for the secrets of a new connection only; what proves webhooks and cannot be made is always needed."""
        if self.cleaned_data.get("connection"):
            secrets = {field.name for field in self.adapter.setup.secrets}
            self.made_of = {name: field for name, field in self.made_of.items() if name not in secrets}
        return super().clean()

    def connection_id(self) -> UUID | None:
        """Return the connection chosen, None for a new one."""
        chosen = self.cleaned_data.get("connection")
        return UUID(chosen) if chosen else None

    def credentials(self, made: Mapping[str, Any]) -> Credentials | None:
        """Return the secrets typed, with those that were made here; None where a connection that is there is taken."""
        if self.connection_id():
            return None
        typed: dict[str, Any] = {**made, **self.values(self.adapter.setup.secrets)}
        held = {name: tuple(value) if isinstance(value, list) else value for name, value in typed.items()}
        return msgspec.convert(held, Credentials)

    def parts(self) -> dict[str, list[forms.BoundField]]:
        """Return the inputs by step: ``head``, ``secrets``, ``more``."""
        setup = self.adapter.setup
        secrets = [field.name for field in setup.secrets]
        more = [f"{PREFIX}{field.name}" for field in setup.settings]
        head = [name for name in ("name", "address") if name in self.fields]
        return {
            "head": [self[name] for name in head],
            "secrets": [self[name] for name in secrets],
            "more": [self[name] for name in more],
        }


def _names(row: Connection) -> str:
    """Return what a connection is known by: the channels that come through it."""
    names = ", ".join(channel.name for channel in row.channels.all() if channel.deleted_at is None)
    return names or str(row.pk)[:8]

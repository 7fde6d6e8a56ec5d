"""Forms of the house's settings: what is typed comes back with the sentence about it, and nothing is half done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _, gettext_lazy

from hub.models import Membership, Role, Team, Workspace
from hub.people import METHODS, MOST_CAPACITY, MOST_MINUTES
from hub.refusal import Refused

# The languages agents are most often asked in, by their codes and their own names.
SPOKEN = (
    ("pt", "Português"), ("es", "Español"), ("en", "English"), ("fr", "Français"), ("it", "Italiano"), ("de", "Deutsch"),
)  # fmt: skip
METHOD_WORDS = {
    "manual": gettext_lazy("Nobody is given any: people take them"),
    "round_robin": gettext_lazy("In turn: whoever was given none for longest"),
    "least_busy": gettext_lazy("The least busy: whoever carries the least"),
    "longest_idle": gettext_lazy("The longest idle: whoever finished longest ago"),
}


class HouseForm(forms.Form):
    """A form whose refusals stand at their fields."""

    def refuse(self, refused: Refused) -> None:
        """Put a refusal's sentence at its field, or above all where the form has none of that name."""
        named = refused.field if refused.field in self.fields else None
        self.add_error(named, refused.sentence)

    def say(self, *words: tuple[str, str, str]) -> None:
        """Give fields their label and the help beside it: ``(field, label, help)``."""
        for name, label, text in words:
            self.fields[name].label, self.fields[name].help_text = label, text

    def offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        """Let what may be chosen in a field be these: ``(value, words)``."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)


def teams_field(workspace: Workspace) -> forms.MultipleChoiceField:
    """Return boxes for the teams of a workspace."""
    rows = Team.objects.of(workspace).order_by("name").values_list("pk", "name")
    return forms.MultipleChoiceField(
        choices=[(str(key), name) for key, name in rows],
        required=False,
        label=_("Teams"),
        widget=forms.CheckboxSelectMultiple,
    )


def ids(given: Iterable[str]) -> tuple[UUID, ...]:
    """Return chosen values as ids."""
    return tuple(UUID(one) for one in given)


def words(given: str) -> tuple[str, ...]:
    """Return words that were typed between commas."""
    return tuple(one.strip() for one in given.replace("\n", ",").split(",") if one.strip())


class InviteForm(HouseForm):
    """Whom to ask to join, as what, in which teams, in which language."""

    email = forms.EmailField(max_length=254)
    role = forms.ChoiceField(choices=Role.choices)
    language = forms.ChoiceField(choices=settings.LANGUAGES)

    def __init__(self, workspace: Workspace, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say(("email", _("E-mail"), ""), ("role", _("Role"), ""), ("language", _("Language of the letter"), ""))
        self.fields["teams"] = teams_field(workspace)
        self.order_fields(["email", "role", "teams", "language"])


class MemberForm(HouseForm):
    """What may be otherwise about a member."""

    role = forms.ChoiceField(choices=Role.choices)
    capacity = forms.IntegerField(min_value=0, max_value=MOST_CAPACITY)
    skills = forms.CharField(required=False, max_length=1500)
    languages = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, row: Membership, data: Any = None) -> None:
        initial = {
            "role": row.role,
            "capacity": row.capacity,
            "skills": ", ".join(row.skills),
            "languages": row.languages,
            "teams": [str(key) for key in row.teams.values_list("pk", flat=True)],
        }
        super().__init__(data, initial=initial)
        self.say(
            ("role", _("Role"), _("Agents answer. Supervisors also see figures. Administrators also set things.")),
            ("capacity", _("Capacity"), _("How much they may carry at once; a conversation weighs 1 unless set otherwise.")),
            ("skills", _("Skills"), _("Words between commas, like: returns, vip, invoices")),
            ("languages", _("Languages"), ""),
        )  # fmt: skip
        others = [(code, code) for code in row.languages if code not in dict(SPOKEN)]
        self.offer("languages", [*SPOKEN, *others])
        self.fields["teams"] = teams_field(row.workspace)
        self.order_fields(["role", "teams", "capacity", "skills", "languages"])


class TeamForm(HouseForm):
    """A team: its name, its people, and how its conversations are given out."""

    name = forms.CharField(max_length=80)
    members = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    method = forms.ChoiceField(choices=[(word, METHOD_WORDS[word]) for word in METHODS], widget=forms.RadioSelect)
    sticky = forms.BooleanField(required=False)
    silent_minutes = forms.IntegerField(min_value=0, max_value=MOST_MINUTES)
    overflow_minutes = forms.IntegerField(min_value=0, max_value=MOST_MINUTES)
    overflow_team = forms.ChoiceField(required=False)

    def __init__(self, row: Team, routing: dict[str, Any], data: Any = None) -> None:
        members = [str(key) for key in row.members.values_list("pk", flat=True)]
        initial = {**routing, "name": row.name, "members": members, "overflow_team": routing["overflow_team"] or ""}
        super().__init__(data, initial=initial)
        self.say(
            ("name", _("Name"), ""),
            ("members", _("Members"), ""),
            ("method", _("Who is given a conversation"), ""),
            ("sticky", _("Whoever answered a customer last is given them again"), ""),
            ("silent_minutes", _("Back to the queue after so many minutes without an answer"), _("0 means never.")),
            ("overflow_minutes", _("To another team after so many minutes in the queue"), _("0 means never.")),
            ("overflow_team", _("The team that helps out"), ""),
        )
        people = Membership.objects.of(row.workspace).select_related("user").order_by("user__name", "user__email")
        self.offer("members", [(str(one.pk), str(one.user)) for one in people])
        others = Team.objects.of(row.workspace).exclude(pk=row.pk).order_by("name").values_list("pk", "name")
        self.offer("overflow_team", [("", _("No other team")), *((str(key), name) for key, name in others)])

    def routing(self) -> dict[str, Any]:
        """Return how conversations shall be given out."""
        given = self.cleaned_data
        named = ("method", "sticky", "silent_minutes", "overflow_minutes")
        return {name: given[name] for name in named} | {"overflow_team": given["overflow_team"] or None}

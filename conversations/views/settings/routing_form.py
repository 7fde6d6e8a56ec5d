"""The form of a routing rule: what must hold of a conversation, and what becomes of it; and both of them in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from django import forms
from django.utils.translation import gettext as _

from conversations.channels.registry import CHANNELS
from conversations.models import CustomField
from conversations.refusal import Refused
from conversations.views.settings.rule_form import CHOICE_WORDS, PRIORITIES, Pair, words_of
from conversations.workplace import fields
from hub.house.forms import SPOKEN, HouseForm, words
from hub.models import Membership, Workspace
from hub.people import skills_of

NAME_LENGTH = 80
CONDITIONS = ("channel_kind", "channel", "label", "language", "hours")
# Choosing another field of the customer draws the form anew, with the input that fits its kind.
REDRAW = {"hx-post": "", "hx-trigger": "change", "hx-target": "#editor", "hx-swap": "outerHTML"}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What rules of a workspace may name: (id or word, name) each; its customers' fields by their key."""

    kinds: list[Pair]
    channels: list[Pair]
    labels: list[Pair]
    teams: list[Pair]
    members: list[Pair]
    fields: dict[str, CustomField]


def known_in(workspace: Workspace) -> Known:
    """Return what rules of a workspace may name: five queries."""
    found = words_of(workspace)
    own = CustomField.objects.of(workspace).filter(of="customer").order_by("position", "id")
    return Known(
        kinds=[(kind, _(adapter.title)) for kind, adapter in sorted(CHANNELS.items())],
        channels=found.channels,
        labels=found.labels,
        teams=found.teams,
        members=found.members,
        fields={row.key: row for row in own},
    )


class RuleForm(HouseForm):
    """A routing rule. What it names and is gone meanwhile is shown as gone, and must be chosen anew."""

    name = forms.CharField(max_length=NAME_LENGTH)
    channel_kind = forms.ChoiceField(required=False)
    channel = forms.ChoiceField(required=False)
    label = forms.ChoiceField(required=False)
    language = forms.ChoiceField(required=False)
    hours = forms.ChoiceField(required=False)
    field = forms.ChoiceField(required=False, widget=forms.Select(attrs=REDRAW))
    team = forms.ChoiceField(required=False)
    agent = forms.ChoiceField(required=False)
    skills = forms.CharField(required=False, max_length=1500)
    speaks = forms.ChoiceField(required=False)
    priority = forms.ChoiceField(required=False)

    def __init__(
        self,
        workspace: Workspace,
        known: Known,
        rule: Mapping[str, Any],
        data: Any = None,
        typed: Mapping[str, Any] | None = None,
    ) -> None:
        self.workspace, self.known = workspace, known
        self.kept: dict[str, Any] = dict((rule.get("if") or {}).get("attribute") or {})
        super().__init__(data, initial={**_initial(rule), **(typed or {})})
        self.gone: set[str] = set()
        for name, (first, choices) in self._choices().items():
            self._offer_known(name, [("", first), *choices])
        if chosen := self._chosen():
            self.fields["value"] = _value_field(known.fields.get(chosen), self.kept.get(chosen))
            self.fields["value"].label = _("Its value")
        self.say(
            ("name", _("Name"), _("Agents read it where they read why they have a conversation.")),
            ("channel_kind", _("Kind of channel"), ""),
            ("channel", _("Channel"), ""),
            ("label", _("Label"), _("Also when it is put on later, while nobody has the conversation.")),
            ("language", _("Language of the customer"), ""),
            ("hours", _("Working hours"), ""),
            ("field", _("Field of the customer"), ""),
            ("team", _("To the team"), ""),
            ("agent", _("To whom before all others"), _("While they are there and have room; else it goes on as its queue says.")),
            ("skills", _("Its agent knows"), _("Words between commas, as they stand with the people.")),
            ("speaks", _("Its agent speaks"), ""),
            ("priority", _("Priority"), ""),
        )  # fmt: skip

    def _choices(self) -> dict[str, tuple[str, list[Pair]]]:
        """Return what each field offers: the word for nothing in particular, and the rest."""
        known, anything = self.known, _("Any")
        others = {str(self.initial[name]) for name in ("language", "speaks")} - dict(SPOKEN).keys() - {""}
        spoken = [*SPOKEN, *((code, code) for code in sorted(others))]
        own = [(key, row.title) for key, row in known.fields.items()]
        return {
            "channel_kind": (anything, known.kinds),
            "channel": (anything, known.channels),
            "label": (anything, known.labels),
            "language": (anything, spoken),
            "hours": (anything, [(word, CHOICE_WORDS[word]) for word in ("open", "closed")]),
            "field": (anything, own + [(key, key) for key in self.kept if key not in known.fields]),
            "team": (_("Stays in its queue"), known.teams),
            "agent": (_("Nobody in particular"), known.members),
            "speaks": (anything, spoken),
            "priority": (_("As it is"), [(str(rank), word) for rank, word in PRIORITIES.items()]),
        }

    def _offer_known(self, name: str, offered: list[Pair]) -> None:
        """Offer what is here, and what the rule names though it is gone."""
        if (now := str(self.initial.get(name, ""))) not in dict(offered):
            self.gone.add(name)
            offered = [*offered, (now, _("no longer here"))]
        self.offer(name, offered)

    def _chosen(self) -> str:
        """Return the field of the customer that is chosen now, "" for none."""
        given = self.data.get("field", "") if self.is_bound else self.initial.get("field", "")
        choices = self.fields["field"]
        assert isinstance(choices, forms.ChoiceField)
        return str(given) if choices.valid_value(given) else ""

    def conditions(self) -> list[forms.BoundField]:
        """Return the inputs of what must hold."""
        return [self[name] for name in (*CONDITIONS, "field", "value") if name in self.fields]

    def outcome(self) -> list[forms.BoundField]:
        """Return the inputs of what becomes of it."""
        return [self[name] for name in ("team", "agent", "skills", "speaks", "priority")]

    def clean_skills(self) -> list[str]:
        """Read the skills as people have them."""
        try:
            return skills_of(words(self.cleaned_data["skills"]))
        except Refused as refused:
            raise forms.ValidationError(refused.sentence) from refused

    def clean(self) -> dict[str, Any]:
        """Refuse what is gone, a value that its field cannot hold, a person of another team, and a rule that does nothing."""
        given = self.cleaned_data
        for name in self.gone:
            if given.get(name) and str(given[name]) == str(self.initial[name]):
                self.add_error(name, _("It is no longer here: choose another one."))
        if given.get("field") and "value" in given:
            self._clean_value(given)
        if given.get("team") and given.get("agent") and not self._is_in_team(given["team"], given["agent"]):
            self.add_error("agent", _("They are not in this team, and would never get it."))
        if not self.errors and not any(given[name] for name in ("team", "agent", "skills", "speaks", "priority")):
            self.add_error("team", _("Say what becomes of it: a team, a person, a skill, a language or a priority."))
        return given

    def _clean_value(self, given: dict[str, Any]) -> None:
        row, value = self.known.fields.get(given["field"]), _plain(given["value"])
        if value in ("", None):
            self.add_error("value", _("Say which value."))
            return
        try:
            given["value"] = fields.fitting(row, value) if row else value
        except Refused as refused:
            self.add_error("value", refused.sentence)

    def _is_in_team(self, team: str, agent: str) -> bool:
        return Membership.objects.of(self.workspace).filter(user=UUID(agent), teams=UUID(team)).exists()

    def rule(self) -> dict[str, Any]:
        """Return what was filled in, as it is kept. Of several fields of the customer the form shows one; the others stay."""
        given = self.cleaned_data
        attributes = {key: value for key, value in self.kept.items() if key != self.initial.get("field")}
        if given["field"]:
            attributes[given["field"]] = given["value"]
        when = {name: given[name] for name in CONDITIONS if given[name]}
        then = {"team": given["team"], "agent": given["agent"], "skills": given["skills"], "language": given["speaks"]}
        kept = {name: value for name, value in then.items() if value}
        if given["priority"]:
            kept["priority"] = int(given["priority"])
        return {
            "name": " ".join(given["name"].split()),
            "if": when | ({"attribute": attributes} if attributes else {}),
            "then": kept,
        }


def _initial(rule: Mapping[str, Any]) -> dict[str, Any]:
    when, then = rule.get("if") or {}, rule.get("then") or {}
    key, value = next(iter((when.get("attribute") or {}).items()), ("", ""))
    return {
        "name": rule.get("name", ""),
        **{name: when.get(name) or "" for name in CONDITIONS},
        "field": key,
        "value": str(value).lower() if isinstance(value, bool) else value,
        "team": then.get("team") or "",
        "agent": then.get("agent") or "",
        "skills": ", ".join(then.get("skills") or ()),
        "speaks": then.get("language") or "",
        "priority": "" if then.get("priority") is None else str(then["priority"]),
    }


def _value_field(row: CustomField | None, value: Any) -> forms.Field:
    """Return the input for a value of a field; of one that nobody described what fits the value it has."""
    kind = (
        row.kind
        if row
        else "yes_no"
        if isinstance(value, bool)
        else "number"
        if isinstance(value, int | float)
        else "text"
    )
    if kind == "yes_no":
        yes_no = [("true", _("Yes")), ("false", _("No"))]
        return forms.TypedChoiceField(required=False, choices=yes_no, coerce=lambda word: word == "true")
    if kind == "number":
        return forms.FloatField(required=False)
    if row and kind == "choice":
        return forms.ChoiceField(required=False, choices=[(word, word) for word in row.choices])
    if kind == "date":
        return forms.DateField(required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    return forms.CharField(required=False, max_length=fields.TEXT_LENGTH)


def _plain(value: Any) -> Any:
    """Return a value as JSON keeps it: 3.0 is 3, a day its text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.isoformat() if isinstance(value, date) else value


def in_words(rule: Mapping[str, Any], known: Known) -> tuple[list[str], list[str]]:
    """Return a rule as people read it: what must hold, and what becomes of it."""
    when, then = rule.get("if") or {}, rule.get("then") or {}
    gone = _("no longer here")
    spoken: Mapping[str, str] = dict(SPOKEN)
    asked = (("channel_kind", known.kinds), ("channel", known.channels), ("label", known.labels))
    holds = [str(dict(pairs).get(str(when[name]), gone)) for name, pairs in asked if when.get(name)]
    if code := when.get("language"):
        holds.append(spoken.get(code, code))
    if hours := when.get("hours"):
        holds.append(_("within working hours") if hours == "open" else _("outside working hours"))
    for key, value in (when.get("attribute") or {}).items():
        said = str(CHOICE_WORDS[value]) if isinstance(value, bool) else str(value)
        holds.append(f"{known.fields[key].title if key in known.fields else key}: {said}")
    given = (("team", known.teams), ("agent", known.members))
    becomes = [str(dict(pairs).get(str(then[name]), gone)) for name, pairs in given if then.get(name)]
    if skills := then.get("skills"):
        becomes.append(_("knows %(skills)s") % {"skills": ", ".join(skills)})
    if code := then.get("language"):
        becomes.append(_("speaks %(language)s") % {"language": spoken.get(code, code)})
    if (rank := then.get("priority")) is not None:
        becomes.append(_("priority %(word)s") % {"word": PRIORITIES.get(rank, rank)})
    return holds, becomes

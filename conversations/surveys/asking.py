"""Asking what is due: natively where the channel can, by template where its window has closed, at most one a person in seven days."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from conversations import history
from conversations.act import act
from conversations.channels import templates
from conversations.channels.content import Buttons, Choice, Menu, Section
from conversations.channels.registry import adapter_of
from conversations.channels.templates import Given
from conversations.draft import Words
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Conversation, Customer, Message, SurveyRequest, Template
from conversations.perform import menu
from conversations.refusal import Refused, TooLate
from conversations.reply import reply
from conversations.surveys import link, texts
from conversations.surveys.marks import choice_id, told
from conversations.surveys.words import SCALES, score_of
from conversations.wake import Work
from conversations.ways import Way, ways_of
from hub.models import Workspace

ONE_IN = timedelta(days=7)
AT_ONCE = 50
STALE = timedelta(days=3)  # a question that could not be asked for so long is asked no more
VOICE = Actor(kind="system")


class Asked(msgspec.Struct, frozen=True):
    """What came of one due question, and what the feed tells."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def ask_due() -> int:
    """Ask what is due, at most some; return how many requests were settled: call it again until it says 0."""
    due = SurveyRequest.objects.filter(state="due", due_at__lte=timezone.now()).order_by("due_at", "id")
    rows = list(due.select_related("workspace")[:AT_ONCE])
    for row in rows:
        act(row.workspace_id, partial(_ask, row.workspace, row.pk, row.customer_id))
    return len(rows)


def _ask(workspace: Workspace, request_id: UUID, customer_id: UUID) -> Asked:
    """Settle one due request: asked, or not and why. The person is locked, so that two workers ask one question."""
    people = Customer.objects.of(workspace).locked_people([customer_id])
    rows = SurveyRequest.objects.of(workspace).select_related("survey__team", "conversation")
    row = rows.filter(pk=request_id, state="due").select_for_update(of=("self",)).first()
    if row is None:
        return Asked()
    now = timezone.now()
    talk = (
        Conversation.objects.of(workspace).select_related("customer").filter(pk=row.conversation_id).first()
        if row.conversation_id
        else None
    )
    if talk is None or not row.survey.active:
        return _skip(row, "switched_off" if talk else "no_conversation")
    if row.survey.trigger == "conversation.resolved" and talk.status != Conversation.Status.RESOLVED:
        row.delete()  # it goes on: the question becomes due again when it ends
        return Asked()
    others = SurveyRequest.objects.of(workspace).filter(customer__in=people, asked_at__gt=now - ONE_IN)
    if others.exists():
        return _skip(row, "asked_lately")
    if row.due_at < now - STALE:
        return _skip(row, "too_late")
    return _say(workspace, row, talk, now)


def _skip(row: SurveyRequest, reason: str) -> Asked:
    row.state, row.reason = "skipped", reason
    row.save(update_fields=["state", "reason"])
    return Asked()


def _say(workspace: Workspace, row: SurveyRequest, talk: Conversation, now: datetime) -> Asked:
    way = next((way for way in ways_of(workspace, talk, by_person=False) if way.default), None)
    if way is None:
        return _skip(row, "no_channel")
    if not way.open and not (way.closed == "window" and way.templates and row.survey.template):
        return _skip(row, way.closed or "no_channel")
    try:
        with transaction.atomic():
            words = _words(workspace, row, talk, way)
            written = reply(workspace, talk.pk, VOICE, words)
    except (Refused, TooLate) as error:
        return _skip(row, error.sentence[:120])
    message = written.message
    kept = {"request": str(row.pk), "survey": row.survey.kind, "touchpoint": row.touchpoint, "part": "question"}
    Message.objects.of(workspace).filter(pk=message.pk).update(payload=message.payload | {"survey": kept})
    row.state, row.asked_at, row.message_id, row.channel = "asked", now, message.pk, message.channel
    row.conversation_id = message.conversation_id
    row.save(update_fields=["state", "asked_at", "message_id", "channel", "conversation"])
    event = history.happened(
        talk,
        "survey.sent",
        now,
        VOICE,
        message_id=message.pk,
        channel_id=message.channel_id,
        channel_kind=message.channel.kind,
        data=told(row),
    )
    history.record([event])
    return Asked(written.changes, written.work)


def _words(workspace: Workspace, row: SurveyRequest, talk: Conversation, way: Way) -> Words:
    """Return the question as the channel can put it now. Raises ``Refused`` for a template that does not fit."""
    language = texts.language_of(talk)
    client_id, channel_id = f"survey:{row.pk.hex}", way.channel.pk
    if not way.open:
        given = _template(workspace, row, talk, way, language)
        return Words(client_id=client_id, channel_id=channel_id, template=given)
    spoken = texts.spoken(row.survey, language)
    order = SCALES[row.survey.kind] if row.survey.kind == "nps" else reversed(SCALES[row.survey.kind])
    choices = tuple(Choice(id=choice_id(row.pk, n), title=spoken.titles[n]) for n in order)
    adapter = adapter_of(way.channel.kind)
    for asked in (Menu(button=spoken.button, sections=(Section(rows=choices),)), Buttons(choices=choices)):
        if menu.takes(adapter, spoken.question, asked):
            return Words(client_id=client_id, channel_id=channel_id, text=spoken.question, asked=asked)
    # Eleven rows are one more than a list of WhatsApp holds, and text messages have no buttons: a number is typed.
    return Words(client_id=client_id, channel_id=channel_id, text=f"{spoken.question}\n{spoken.hint}")


def _template(workspace: Workspace, row: SurveyRequest, talk: Conversation, way: Way, language: str) -> Given:
    """Return the survey's template with its values: the last blank is the link, one before it the name; buttons by their titles."""
    named = Template.objects.of(workspace).filter(channel=way.channel, name=row.survey.template, gone_at=None)
    near = {one.language: one for one in named}
    short = language.partition("-")[0]
    code = next((one for one in near if one.lower().replace("_", "-") == language), "")
    code = code or next((one for one in near if one.partition("_")[0] == short), "") or next(iter(near), "")
    if not code:
        raise Refused("template", "template_missing")
    layout = templates.layout(near[code].components)
    address = link.address_of(row.pk)
    values = {1: (address,), 2: (talk.customer.name or "-", address)}.get(len(layout.blanks), ())
    buttons = {n: _button(row, one) for n, one in enumerate(layout.buttons)}
    return Given(
        name=row.survey.template,
        language=code,
        values=dict(zip(layout.blanks, values, strict=False)),
        buttons={n: value for n, value in buttons.items() if value},
    )


def _button(row: SurveyRequest, button: templates.LayoutButton) -> str:
    """Return what a button of the template holds: the score its title means, or the end of the link's address."""
    if button.kind == "url":
        return link.token_of(row.pk) if button.blank else ""
    score = score_of(button.title, row.survey.kind)
    return choice_id(row.pk, score) if score is not None else ""

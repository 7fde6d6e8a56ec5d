"""What follows an answer: thanks and the one question why; and answers given on a survey's own page."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import history
from conversations.act import act
from conversations.draft import Words
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Conversation, Message, SurveyRequest
from conversations.refusal import Refused, TooLate
from conversations.reply import reply
from conversations.surveys import texts
from conversations.surveys.hearing import ANSWERS_FOR, COMMENT_LENGTH
from conversations.surveys.marks import told
from conversations.surveys.words import SCALES
from conversations.wake import Work
from hub.models import Workspace

VOICE = Actor(kind="system")


class Answered(msgspec.Struct, frozen=True):
    """What the feed tells of an answer."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def go_on(workspace: Workspace, message_id: UUID) -> None:
    """Say what follows a customer's answer, once however often this is heard: thanks, or the question again."""
    message = Message.objects.of(workspace).filter(pk=message_id).first()
    mark = message.payload.get("survey") if message else None
    if message is None or not isinstance(mark, dict) or mark.get("part") not in {"score", "unclear"}:
        return
    rows = SurveyRequest.objects.of(workspace).select_related("survey")
    row = rows.filter(pk=mark["request"]).first()
    if row is not None:
        act(workspace.pk, partial(_follow_up, workspace, row, message, str(mark["part"])))


def _follow_up(workspace: Workspace, row: SurveyRequest, message: Message, part: str) -> Answered:
    talk = Conversation.objects.of(workspace).select_related("customer").get(pk=message.conversation_id)
    spoken = texts.spoken(row.survey, texts.language_of(talk))
    text = spoken.again if part == "unclear" else f"{spoken.thanks} {spoken.comment}"
    if row.comment and part == "score":
        text = spoken.thanks
    words = Words(client_id=f"survey:{row.pk.hex}:{part}", text=text, channel_id=message.channel_id)
    try:
        with transaction.atomic():
            written = reply(workspace, talk.pk, VOICE, words)
    except (Refused, TooLate):
        return Answered()  # the channel has closed meanwhile: the answer is kept all the same
    if written.new:
        kept = {"request": str(row.pk), "survey": row.survey.kind, "touchpoint": row.touchpoint, "part": "thanks"}
        if part == "unclear":
            kept["part"] = "again"
        Message.objects.of(workspace).filter(pk=written.message.pk).update(payload={"survey": kept})
    return Answered(written.changes, written.work)


def answer_on_page(workspace: Workspace, request_id: UUID, score: int, comment: str) -> Answered:
    """Keep an answer given on the survey's page. Raises ``Refused`` for a score off the scale, ``TooLate`` for a used or old link."""
    rows = SurveyRequest.objects.of(workspace).select_related("survey", "channel").select_for_update(of=("self",))
    row = rows.get(pk=request_id)
    now = timezone.now()
    if score not in SCALES[row.survey.kind]:
        raise Refused("score", _("Choose one of the answers."))
    if row.state == "answered":
        raise TooLate(_("You have answered already. Thank you!"))
    if row.state != "asked" or row.asked_at is None or now - row.asked_at > ANSWERS_FOR:
        raise TooLate(_("This question is closed."))
    row.state, row.score, row.answered_at = "answered", score, now
    row.comment = comment.replace("\0", "").strip()[:COMMENT_LENGTH]
    row.save(update_fields=["state", "score", "answered_at", "comment"])
    talk = Conversation.objects.of(workspace).filter(pk=row.conversation_id).first() if row.conversation_id else None
    if talk is None:
        return Answered()
    event = history.happened(
        talk,
        "survey.answered",
        now,
        Actor(kind="customer"),
        channel_id=row.channel_id,
        channel_kind=row.channel.kind if row.channel else "",
        data={**told(row), "score": score},
    )
    history.record([event])
    return Answered((Change("conversation.updated", talk.pk, talk.pk),), ("metrics",))

"""Letter: a digest's figures as a table, in words and in HTML that every mail program shows, in its own language."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from metrics import links, receipts, told, words
from metrics.digest.due import period_of
from metrics.models import Digest
from metrics.query import answer, fresh, one_instant
from metrics.question import Question
from metrics.registry import METRICS
from metrics.tiles import delta

SALT = "metrics.digest.leave"
TONES, QUIET = {"good": "#0b7a53", "bad": "#c0162f"}, "#4d525c"  # mail has no style sheet


class Line(msgspec.Struct, frozen=True):
    """One figure of a letter: now, before, what the change means in a word and in which color, of how many, and its proof."""

    title: str
    value: str
    before: str
    change: str
    tone: str
    n: str
    address: str
    receipt: str


class Letter(msgspec.Struct, frozen=True):
    """A letter without its reader."""

    subject: str
    house: str
    name: str
    span: str
    as_of: str
    lines: tuple[Line, ...]


def compose(digest: Digest, due_at: datetime) -> Letter:
    """Return the letter that is due at an instant, in the digest's language."""
    with translation.override(digest.language), one_instant():
        period = period_of(digest, due_at)
        freshness = fresh(digest.workspace)
        lines = []
        for name in digest.metrics:
            if name in METRICS:
                asked = Question(digest.workspace, METRICS[name], period.start, period.end, period.zone)
                lines.append(_line(asked, freshness))
        days = sorted({period.first, period.last})
        span = " – ".join(words.day_and_weekday(day) for day in days)
        subject = _("%(name)s: %(house)s, %(span)s") % {
            "name": digest.name, "house": digest.workspace.name, "span": span,
        }  # fmt: skip
        at = freshness.as_of.astimezone(period.zone)
        as_of = f"{words.day(at.date())} {words.clock(at)} {period.zone.key}"
        return Letter(" ".join(subject.split()), digest.workspace.name, digest.name, span, as_of, tuple(lines))


def _line(asked: Question, freshness: Any) -> Line:
    given = answer(asked, freshness)
    earlier = answer(asked.previous, freshness, lean=True)
    now, before = given.value(given.total), earlier.value(earlier.total)
    metric, currency = asked.metric, asked.workspace.currency
    change = delta(metric, now, before, given.total, earlier)
    return Line(
        title=str(metric.title),
        value=told.value(metric, now, currency),
        before=told.value(metric, before, currency),
        change=f"{change.arrow} {change.size} {change.word}".strip() if change else "",
        tone=TONES.get(change.meaning, QUIET) if change else "",
        n=words.count(given.total.n),
        address=f"{settings.PUBLIC_URL}{links.of_metric(metric.id)}",
        receipt=f"{settings.PUBLIC_URL}{links.of_receipt(receipts.write(given).pk)}",
    )


def leave_address(digest: Digest, member: UUID) -> str:
    """Return the signed address at which one reader gives the letter up."""
    token = signing.dumps({"digest": str(digest.pk), "member": str(member)}, salt=SALT)
    return f"{settings.PUBLIC_URL}{reverse('digest_leave', args=[token])}"


def addressed(letter: Letter, digest: Digest, member: UUID, email: str) -> EmailMultiAlternatives:
    """Return the letter to one reader: a part in plain text, one in HTML, and the way to give it up."""
    leave = leave_address(digest, member)
    with translation.override(digest.language):
        context = {"letter": letter, "leave": leave, "board": f"{settings.PUBLIC_URL}{reverse('metrics')}"}
        mail = EmailMultiAlternatives(
            letter.subject,
            render_to_string("metrics/plans/letter.txt", context),
            to=[email],
            headers={"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        )
        mail.attach_alternative(
            render_to_string("metrics/plans/letter.html", {**context, "language": digest.language}), "text/html"
        )
    return mail

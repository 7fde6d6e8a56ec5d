"""Sending: each letter is claimed before it goes out and marked after; one that did not leave is tried again, thrice in all."""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPException

import structlog
from django.db import transaction
from django.db.models import F

from hub.models import Membership, Role
from metrics.digest.due import is_due, last_due
from metrics.digest.letter import addressed, compose
from metrics.models import Digest, DigestLetter

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
AGAIN_AFTER = timedelta(minutes=10)  # by then whoever claimed it is done or dead


def send_due(now: datetime) -> int:
    """Send every letter that is due and return how many left. Outside of any transaction: mail servers are far away."""
    digests = Digest.objects.filter(is_on=True, since__lte=now).select_related("workspace")
    return sum(_send(digest, now) for digest in digests if is_due(digest, now))


def readers(digest: Digest) -> list[Membership]:
    """Return who gets it: chosen members who may see figures still."""
    members = digest.recipients.select_related("user").filter(
        workspace_id=digest.workspace_id, user__is_active=True, role__in=[Role.SUPERVISOR, Role.ADMIN]
    )
    return list(members.order_by("user__email"))


def _send(digest: Digest, now: datetime) -> int:
    due_at = last_due(digest, now)
    claimed = [member for member in readers(digest) if _claim(digest, member, due_at, now)]
    if not claimed:
        return 0
    letter = compose(digest, due_at)
    sent = 0
    for member in claimed:
        try:
            addressed(letter, digest, member.pk, member.user.email).send()
        except (OSError, SMTPException, ValueError) as error:
            log.warning("letter_not_sent", kind="digest", error=type(error).__name__)
            continue
        DigestLetter.objects.filter(digest=digest, member=member, due_at=due_at).update(sent_at=now)
        sent += 1
    return sent


def _claim(digest: Digest, member: Membership, due_at: datetime, now: datetime) -> bool:
    """Take a letter to send; False when it was sent, is being sent, or was tried often enough."""
    with transaction.atomic():
        _row, made = DigestLetter.objects.get_or_create(
            digest=digest, member=member, due_at=due_at, defaults={"workspace": digest.workspace, "tried_at": now}
        )
        if made:
            return True
        again = DigestLetter.objects.filter(
            digest=digest, member=member, due_at=due_at, sent_at=None,
            attempts__lt=MOST_ATTEMPTS, tried_at__lte=now - AGAIN_AFTER,
        )  # fmt: skip
        return bool(again.update(tried_at=now, attempts=F("attempts") + 1))

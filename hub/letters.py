"""Letters the house sends: each in its reader's language, outside of any transaction; one that does not leave is told."""

from __future__ import annotations

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from hub.invitations import GOOD_FOR, Invited

log = structlog.get_logger(__name__)


def address_of(invited: Invited) -> str:
    """Return the link of an invitation."""
    return f"{settings.PUBLIC_URL}{reverse('join', args=[invited.secret])}"


def send_invitation(invited: Invited, language: str) -> bool:
    """Send the link to who was invited. False when the letter did not leave: hand the link over some other way."""
    row = invited.row
    with translation.override(language):
        about = {"house": row.workspace.name, "who": str(row.invited_by or row.workspace.name)}
        subject = _("%(who)s invites you to %(house)s") % about
        context = {**about, "invitation": row, "address": address_of(invited), "days": GOOD_FOR.days}
        body = render_to_string("hub/letters/invitation.txt", context)
    letter = EmailMessage(subject=" ".join(subject.split()), body=body, to=[row.email])
    try:
        letter.send()
    except (OSError, SMTPException, ValueError) as error:
        log.warning("letter_not_sent", kind="invitation", error=type(error).__name__)
        return False
    return True

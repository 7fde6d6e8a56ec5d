"""From a provider's storage to ours: media fetches, and what came of each file is written down with its line in the feed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from conversations import channel_log, feed
from conversations.channels.exchange import Exchange
from conversations.media import fetch
from conversations.media.fetch import Arrived, Errand, Missed, Result
from conversations.media.rules import kind_of
from conversations.media.store import drop
from conversations.models import Attachment

FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 3600.0
THROTTLE_SECONDS = 15.0
# How often what went wrong so is tried in all. A throttle is no try; it ends with the provider's own memory.
TRIES = {"transient": settings.MEDIA_MAX_ATTEMPTS, "unknown": 3}
PROVIDER_KEEPS = timedelta(days=7)


def fetch_pending() -> int:
    """Fetch one batch of files that wait; return how many were settled or put off, 0 when none may go now."""
    done = 0
    for errand, result, said in fetch.fetch(fetch.claim()):
        _record(errand, result, said)
        done += 1
    return done


def _record(errand: Errand, result: Result, said: Sequence[Exchange]) -> None:
    """Write down what came of one file; a file that somebody else settled meanwhile is thrown away again."""
    channel_log.write(channel_log.Kept(errand.channel, one, errand.row.message_id) for one in said)
    try:
        with transaction.atomic():
            row = Attachment.objects.select_for_update(no_key=True).filter(pk=errand.row.pk, state="pending").first()
            if row is not None and _settle(row, errand, result):
                assert errand.row.message is not None
                subject = errand.row.message
                feed.publish(row.workspace_id, [feed.Change("message.updated", subject.pk, subject.conversation_id)])
    except BaseException:
        _throw_away(result)
        raise
    if row is None:
        _throw_away(result)


def _throw_away(result: Result) -> None:
    if isinstance(result, Arrived):
        drop(result.kept.stored_as, result.kept.thumbnail)


def _settle(row: Attachment, errand: Errand, result: Result) -> bool:
    """Change the row; return whether people see a difference."""
    match result:
        case Arrived():
            row.state, row.reason = "stored", ""
            if row.kind == "file":  # announced as something, nobody knew what: a story may be a picture or a film
                row.kind = seen if (seen := kind_of(result.mime_type)) != "document" else row.kind
            row.mime_type, row.filename = result.mime_type, result.filename
            row.size, row.sha256 = result.size, result.sha256
            row.stored_as, row.thumbnail = result.kept.stored_as, result.kept.thumbnail
            row.width, row.height = result.kept.width, result.kept.height
            row.save()
            return True
        case Missed() if _may_come(row, errand, result):
            _later(row, errand, result)
            return False
        case Missed():
            row.state, row.reason = "unavailable", result.error.title
            row.save(update_fields=["state", "reason"])
            return True


def _may_come(row: Attachment, errand: Errand, missed: Missed) -> bool:
    if missed.error.error_class == "throttle":
        return timezone.now() - row.created_at < PROVIDER_KEEPS
    return errand.attempts < TRIES.get(missed.error.error_class, 0)


def _later(row: Attachment, errand: Errand, missed: Missed) -> None:
    """Put the file off: longer each time, never all at the same moment."""
    throttled = missed.error.error_class == "throttle"
    usual = THROTTLE_SECONDS if throttled else FIRST_PAUSE_SECONDS * 2 ** min(errand.attempts - 1, 12)
    pause = max(missed.retry_after or 0.0, min(usual, LONGEST_PAUSE_SECONDS))
    pause *= 1 + random.random() / 2  # noqa: S311  jitter
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_attachment SET attempts = %s, "
            "not_before = clock_timestamp() + make_interval(secs => %s) WHERE id = %s",
            [errand.attempts - 1 if throttled else errand.attempts, pause, row.pk],
        )

"""Files that customers sent come to us: claimed in a transaction, fetched outside of any. The pipeline records what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from conversations.channels.adapter import Adapter
from conversations.channels.exchange import Exchange, recorded
from conversations.channels.fetching import claimed, fetch as fetch_file
from conversations.channels.guard import FetchFailed
from conversations.channels.registry import CHANNELS
from conversations.channels.types import AttachmentRef, Credentials, Download, Error, SendRefused, SendUnknown
from conversations.media.names import clean_name
from conversations.media.scan import Objected, look_over
from conversations.media.sniff import HEAD, judge
from conversations.media.store import Kept, keep
from conversations.models import Attachment, Channel, Connection
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

AT_ONCE = 6  # fetches in flight per worker
LEASE = "150 seconds"  # longer than asking where it is, fetching and looking at it may take together
IN_MEMORY = 2_000_000  # bytes; larger ones wait on disk
CLAIM = f"""
WITH picked AS (
  SELECT id FROM conversations_attachment
  WHERE state = 'pending' AND message_id IS NOT NULL AND not_before <= clock_timestamp()
  ORDER BY not_before, id LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED
)
UPDATE conversations_attachment a
SET attempts = attempts + 1, not_before = clock_timestamp() + interval '{LEASE}'
FROM picked WHERE a.id = picked.id RETURNING a.id, a.attempts
"""  # noqa: S608  constants of this module
DEADLY = gettext_noop("The file could not be read: each try ended the program that read it.")
NOT_CONNECTED = gettext_noop("The channel is not connected any more.")
NOT_KEPT = gettext_noop("The file could not be stored.")
NO_ANSWER = gettext_noop("The provider did not answer.")
BROKE_OFF = gettext_noop("Fetching the file broke off.")


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """A file to fetch: its row, the channel it came by, how to prove who asks, and how often it was tried."""

    row: Attachment
    channel: Channel
    credentials: Credentials | None
    attempts: int


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """The file is in the storage: what it is by its bytes, and where it is kept."""

    mime_type: str
    filename: str
    size: int
    sha256: str
    kept: Kept


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """The file did not come: why, and when the provider said to ask again (seconds)."""

    error: Error
    retry_after: float | None = None


Result = Arrived | Missed


def claim() -> dict[UUID, int]:
    """Claim files that may be fetched now, in a transaction of its own: {attachment: attempts}."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM)
        return dict(cursor.fetchall())


def fetch(claims: dict[UUID, int]) -> Iterator[tuple[Errand, Result, list[Exchange]]]:
    """Fetch claimed files, several at a time; yield each with what came of it and what was said, as soon as it is known."""
    errands = _errands(claims)
    if not errands:
        return
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(errands))) as pool:
        running = {pool.submit(_run, errand): errand for errand in errands}
        for done in as_completed(running):
            result, said = done.result()
            yield running[done], result, said


def _errands(claims: dict[UUID, int]) -> list[Errand]:
    """Read what claimed files need; each connection's secrets are opened once."""
    opened: dict[UUID, Credentials | None] = {}
    errands = []
    rows = Attachment.objects.filter(id__in=claims).select_related("message__channel__connection")
    for row in rows.order_by("id"):
        assert row.message is not None, "only files of messages are claimed"
        channel = row.message.channel
        source = channel.connection
        if source is not None and source.pk not in opened:
            opened[source.pk] = _open(source)
        credentials = opened[source.pk] if source is not None else Credentials()
        errands.append(Errand(row=row, channel=channel, credentials=credentials, attempts=claims[row.pk]))
    return errands


def _open(source: Connection) -> Credentials | None:
    try:
        return source.credentials()
    except SecretUnreadable:
        log.error("the secrets of a connection do not open", connection=str(source.pk))  # noqa: TRY400
        return None


def _run(errand: Errand) -> tuple[Result, list[Exchange]]:
    """Fetch one file. Touches no database: it runs in a thread."""
    with recorded() as said:
        try:
            return _fetch(errand), said
        except (FetchFailed, SendRefused) as failed:
            return Missed(error=failed.error, retry_after=failed.retry_after), said
        except SendUnknown:
            return Missed(error=Error(code="no_answer", title=NO_ANSWER, error_class="transient")), said
        except OSError as error:
            log.error("a file could not be stored", attachment=str(errand.row.pk), error=type(error).__name__)  # noqa: TRY400
            return Missed(error=Error(code="storage", title=NOT_KEPT, error_class="transient")), said
        except Exception as error:
            log.error("a fetch broke off", attachment=str(errand.row.pk), error=type(error).__name__)  # noqa: TRY400  traces may quote the request
            return Missed(error=Error(code=type(error).__name__, title=BROKE_OFF, error_class="unknown")), said


def _fetch(errand: Errand) -> Arrived:
    row = errand.row
    if errand.attempts > settings.MEDIA_MAX_ATTEMPTS:
        raise FetchFailed("deadly", DEADLY)
    if errand.credentials is None:
        raise FetchFailed("channel", NOT_CONNECTED)
    ref = AttachmentRef(
        kind=row.kind,  # type: ignore[arg-type]  # written from an AttachmentRef
        provider_ref=row.provider_ref,
        url=row.source_url,
        mime_type=row.mime_type,
        filename=row.filename,
        size=row.size,
        sha256=row.sha256,
        voice=row.voice,
    )
    adapter = CHANNELS.get(errand.channel.kind) or Adapter()
    place = adapter.locate(ref, errand.channel.address, errand.credentials)
    if not claimed(place.sha256):
        place = Download(url=place.url, headers=place.headers, hosts=place.hosts, sha256=row.sha256)
    with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        file = cast("BinaryIO", spool)
        got = fetch_file(place, file, settings.MEDIA_MAX_BYTES)
        file.seek(0)
        verdict = judge(row.kind, row.mime_type, file.read(HEAD))
        if verdict.refusal:
            raise FetchFailed("type", verdict.refusal)
        try:
            look_over(file)
        except Objected as error:
            raise FetchFailed("scanner", error.sentence, "transient" if error.again else "permanent") from error
        kept = keep(row.workspace_id, verdict.mime_type, file)
    return Arrived(
        mime_type=verdict.mime_type[:255],
        filename=clean_name(row.filename),
        size=got.size,
        sha256=got.sha256,
        kept=kept,
    )

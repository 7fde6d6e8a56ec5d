"""From the outbox to the providers: deliver sends, and what came of each send is written down with its line in the feed.

An unknown result is a state of its own and is never sent again blindly. While some sends dawdle others go on.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error, IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from conversations import channel_log, deliver, feed, gestures, outbox
from conversations.channels.types import SendRefused, Sent
from conversations.deliver import Nod, Outcome, Parcel, Sending
from conversations.media.links import outbound_files
from conversations.models import Channel, Message, OutboxEntry
from conversations.pipeline import gestured, results
from conversations.pipeline.accepting import accept

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.1  # so often somebody who writes meanwhile is looked for
FEW_PLACES = 8  # with fewer free than this no more are looked for before that
DAWDLE_SECONDS = 2.0  # who takes longer than this does not keep the others from going on
OVERTIME_SECONDS = 30.0  # but not for longer than this
PAUSE_SECONDS = 0.5  # what comes later than this, the relay wakes for
RECEIPT_ATTEMPTS = 2
AT_MOST_GESTURES = 4  # at once: campaigns leave more places than that
TURNS = 0x6E6F7665  # names our advisory locks
STALE = """
UPDATE conversations_outboxentry SET state = 'done'
WHERE message_id IN (
  SELECT message_id FROM conversations_outboxentry WHERE state = 'sending' AND not_before <= clock_timestamp()
  LIMIT 100 FOR UPDATE SKIP LOCKED)
RETURNING message_id
"""


def keep_sending(seconds: float, *, in_turn: bool = True) -> int:
    """Send for up to ``seconds``, also what may go only in a moment; return how many results were recorded.

    Only so many workers send at the same time (``SENDERS``), each many messages: the others are there for what comes in.
    ``in_turn`` False sends whoever else does.
    """
    until, done = time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0:
        with _turn() if in_turn else nullcontext(True) as ours:
            if not ours:
                return done
            done += send_pending(left)
        # Asked after the turn has ended: who was sent away meanwhile left something here.
        pause = outbox.next_in()
        if pause is None or pause > PAUSE_SECONDS:
            return done
        time.sleep(max(pause, LOOK_SECONDS / 2))
    return done


@contextmanager
def _turn() -> Iterator[bool]:
    """Take one of the turns to send, if one is free; a worker that dies gives it back with its connection."""
    with connection.cursor() as cursor:
        for turn in range(settings.SENDERS):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [TURNS, turn])
            if cursor.fetchone()[0]:
                break
        else:
            yield False
            return
    try:
        yield True
    finally:
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [TURNS, turn])


def send_pending(seconds: float = 8.0) -> int:
    """Send what may go now, claiming for up to ``seconds``; return how many results were recorded, 0 when nothing may go."""
    done = _give_up_stale()
    until, looked = time.monotonic() + seconds, -LOOK_SECONDS
    with Sending() as sending:
        while True:
            stuck: list[Outcome] = []
            now = time.monotonic()
            # Looking costs the same for one place as for many.
            look = not sending or sending.room.places >= FEW_PLACES or now >= looked + LOOK_SECONDS
            if look and _goes_on(sending, until):
                looked, stuck = now, _start(sending)
            if look and not sending and not stuck:
                return done
            outcomes = stuck or sending.finished(LOOK_SECONDS)
            _record_all(outcomes)
            done += len(outcomes)


def _goes_on(sending: Sending, until: float) -> bool:
    """Whether more may be claimed: until time is up, and beyond it while somebody dawdles, who must not hold up the rest."""
    now = time.monotonic()
    return now < until or (sending.longest > DAWDLE_SECONDS and now < until + OVERTIME_SECONDS)


def _start(sending: Sending) -> list[Outcome]:
    """Let go what may go now, messages before reactions; return what came of those that cannot even be tried."""
    claimed = outbox.claim(sending.room) if sending.room.places else []
    parcels, stuck = deliver.pack(claimed, outbound_files) if claimed else ([], [])
    sending.start(parcels)
    sending.start(gestured.pack(gestures.claim(min(sending.room.places, AT_MOST_GESTURES))))
    return stuck


def _record_all(outcomes: Sequence[Outcome]) -> None:
    """Write down what came of some sends, then what was said: together what was simply taken, the rest one by one."""
    try:
        rest = accept(outcomes)
    except (OperationalError, IntegrityError) as error:
        log.warning("sends are recorded one by one", error=type(error).__name__)
        rest = list(outcomes)
    for outcome in rest:
        _record(outcome)
    channel_log.write(
        channel_log.Kept(outcome.parcel.channel, one, outcome.parcel.message.pk)
        for outcome in outcomes
        for one in outcome.said
    )


def _record(outcome: Outcome) -> None:
    """Write down what came of one send.

    A try may meet somebody else's lock, or the very echo of its message as that is being stored: the second finds it there.
    """
    try:
        _settle(outcome)
    except (OperationalError, IntegrityError) as error:
        log.warning("the result of a send is recorded again", error=type(error).__name__)
        _settle(outcome)


def _settle(outcome: Outcome) -> None:
    parcel, result = outcome.parcel, outcome.result
    if isinstance(parcel, Nod):
        gestured.settle(parcel, result)
    elif parcel.message.direction == "inbound":
        _record_receipt(parcel, result)
    else:
        with transaction.atomic():
            _record_message(parcel, result)


def _record_message(parcel: Parcel, result: deliver.Result) -> None:
    """Record the result together with its line in the feed. Locks the conversation first, as everybody does."""
    if isinstance(result, SendRefused):
        results.lock_conversation(parcel.message.conversation_id)
    row = Message.objects.select_for_update(no_key=True).filter(pk=parcel.message.pk).first()
    if row is None:
        return  # its person was erased while it was on its way
    entry = OutboxEntry.objects.select_for_update(no_key=True).get(pk=row.pk)
    if entry.not_before != parcel.lease and not isinstance(result, Sent):
        return  # somebody sends it again already: that try's result counts
    changes = [feed.Change("message.updated", row.pk, row.conversation_id)]
    match result:
        case Sent():
            changes += results.accepted(row, result)
            Channel.objects.filter(pk=parcel.channel.pk).update(last_outbound_at=timezone.now())
        case SendRefused() if result.error.error_class == "unknown":
            results.unknown(row)
        case SendRefused() if results.stops(row, parcel, result.error):
            changes += results.stopped(row, parcel, result.error)
        case SendRefused() if results.comes_again(parcel, result.error, entry):
            results.later(row, parcel, result)
        case SendRefused():
            results.refused(row, parcel, result.error)
        case _:
            results.unknown(row)
    feed.publish(row.workspace_id, changes)


def _record_receipt(parcel: Parcel, result: deliver.Result) -> None:
    """A read receipt that fails is no harm: it is tried once more at most."""
    again = isinstance(result, SendRefused) and result.error.retryable and parcel.attempts < RECEIPT_ATTEMPTS
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_outboxentry SET state = %s, not_before = clock_timestamp() + interval '5 seconds' "
            "WHERE message_id = %s",
            ["queued" if again else "done", parcel.message.pk],
        )


def _give_up_stale() -> int:
    """Name the sends whose worker died in the middle: the message may have left, so its state is unknown."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STALE)
        ids = [row[0] for row in cursor.fetchall()]
        changes: dict[UUID, list[feed.Change]] = defaultdict(list)
        for row in (
            Message.objects.filter(id__in=ids, direction="outbound").select_for_update(no_key=True).order_by("id")
        ):
            if results.advance(row, "unknown"):
                changes[row.workspace_id].append(feed.Change("message.updated", row.pk, row.conversation_id))
        for workspace_id in sorted(changes):
            feed.publish(workspace_id, changes[workspace_id])
    return len(ids)

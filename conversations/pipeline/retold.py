"""What a provider tells again about somebody who was erased: it ends as ignored, and what it said is not kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from conversations import erased, lanes
from conversations.work import Work

OURS = ("novelo",)  # under which source history keeps what was said here


def leave_out[Pointing: tuple[Work, str]](entries: Iterable[Pointing], latest: Mapping[UUID, datetime]) -> set[int]:
    """End the items among (item, the provider's id of its message) that are about erased people; return them by ``id()``.

    ``latest`` says when somebody was erased last, by workspace: what happened later cannot be told again.
    """
    asked: dict[UUID, dict[str, list[Work]]] = defaultdict(lambda: defaultdict(list))
    for work, provider_id in entries:
        place = work.channel.workspace_id
        if provider_id and place in latest and work.at <= latest[place] + erased.SKEWED:
            for one in erased.digests(*erased.of_message(work.channel.id, provider_id)):
                asked[place][one].append(work)
    found = [work for place, by in asked.items() for one in erased.known(place, OURS, by) for work in by[one]]
    for work in found:
        work.end("ignored", erased.REASON)
    return {id(work) for work in found}


def keep_nothing(works: Sequence[Work]) -> None:
    """Empty the deliveries of what was left out, once their items are settled, and behind the commit let go of their lanes."""
    left_out = [work for work in works if work.reason == erased.REASON]
    if left_out:
        erased.empty(work.delivery_id for work in left_out)
        transaction.on_commit(partial(lanes.forget, {work.lane_key for work in left_out}), robust=True)

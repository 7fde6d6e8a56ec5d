"""Invitations carried over: who writes the code of one on its channel is the customer it was made for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.channels.types import MessageReceived
from conversations.work import Work

# As a person types it back: after a number sign, in capitals or not.
CODE = re.compile(r"#([A-Za-z0-9]{6,20})(?![A-Za-z0-9])")
TAKE = """
SELECT v.id, v.customer_id, v.channel_id, v.code
FROM conversations_invitation v
JOIN unnest(%s::uuid[], %s::uuid[], %s::text[]) AS wanted (workspace_id, channel_id, code)
  ON v.workspace_id = wanted.workspace_id AND v.channel_id = wanted.channel_id AND v.code = wanted.code
WHERE v.used_at IS NULL AND v.expires_at > clock_timestamp()
ORDER BY v.id FOR NO KEY UPDATE OF v
"""


class Invited(msgspec.Struct, frozen=True):
    """An item that carries an invitation's code, and the customer it was made for."""

    work: Work
    invitation_id: UUID
    customer_id: UUID


def invited(works: Sequence[Work]) -> list[Invited]:
    """Return the items that use an invitation, each once, and mark those as used. Asks only where a text looks like one."""
    written = [
        (work, code.upper())
        for work in works
        if isinstance(work.item, MessageReceived) and "#" in work.item.text and work.customer_id is not None
        for code in CODE.findall(work.item.text)
    ]
    if not written:
        return []
    workspaces, channels, codes = zip(
        *{(work.channel.workspace_id, work.channel.id, code) for work, code in written}, strict=True
    )
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [bulk.array(workspaces), bulk.array(channels), bulk.words(codes)])
        open_ones = {(row[2], row[3]): row for row in cursor.fetchall()}
        used = []
        for work, code in written:
            if (row := open_ones.pop((work.channel.id, code), None)) is not None:
                used.append(Invited(work, row[0], row[1]))
        if used:
            cursor.execute(
                "UPDATE conversations_invitation SET used_at = clock_timestamp() WHERE id = ANY(%s::uuid[])",
                [bulk.array(entry.invitation_id for entry in used)],
            )
    return used

"""Telling the relay that there is work: a NOTIFY in the transaction of the change, heard only when it commits."""

from __future__ import annotations

from typing import Literal

from conversations import prepared

CHANNEL = "novelo_wake"
Work = Literal[
    "inbound", "outbound", "media", "metrics", "names", "lookups", "route", "follow", "bots", "imports", "erasure"
]


def wake(work: Work) -> None:
    """Say at commit that there is work of this sort. Costs no broker and is lost without harm: the relay also polls."""
    with prepared.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, work])

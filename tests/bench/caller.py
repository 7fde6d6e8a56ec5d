"""A child that plays the provider and the listener: raw HTTP/1.1 over kept connections, so that it is not what is measured.

Commands, one JSON object a line: ``flood`` (many connections at once, as fast as answers come), ``pace`` (one after the other
at a rate, with a stream open), ``bare`` (the limit of ``pace``: two commits and a publish).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

import psycopg
import redis
import uvloop

from tests.bench import talk
from tests.bench.streams import Listener

GIVEN_UP = 8.0  # seconds after the last request


class Line(asyncio.Protocol):
    """One connection that sends the next request when the last was answered."""

    def __init__(self, flood: Flood) -> None:
        self.flood = flood
        self.transport: asyncio.Transport | None = None
        self.rest = b""
        self.sent_at = 0.0
        self.number: int | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self.transport = transport
        self.next()

    def next(self) -> None:
        """Send the next request, or hang up when there is none."""
        assert self.transport is not None
        following = self.flood.following()
        if following is None:
            self.number = None
            self.transport.close()
            return
        self.number, data = following
        self.sent_at = time.perf_counter()
        self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Take an answer; they have no bodies worth reading."""
        self.rest += data
        head, end, rest = self.rest.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
        if len(rest) < length:
            return
        self.rest = rest[length:]
        self.flood.answered(self.number, head[9:12] == b"200", time.perf_counter() - self.sent_at)
        self.next()

    def connection_lost(self, _: Exception | None) -> None:
        """Count those who are gone."""
        self.flood.lost(self.number)


class Flood:
    """Requests over many connections for some seconds."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        some = talk.texts(told["count"], told["people"], first=told["first"], seed=told["first"] + 1)
        self.requests = [talk.request(told["port"], told["path"], body, told["secret"]) for body in some]
        self.at = 0
        self.open = told["connections"]
        self.acknowledged: list[int] = []
        self.latencies: list[float] = []
        self.refused = self.cut = 0
        self.over = asyncio.Event()
        self.until = 0.0

    def following(self) -> tuple[int, bytes] | None:
        """Return the next request; None when time is up."""
        if self.at >= len(self.requests) or time.perf_counter() >= self.until:
            return None
        self.at += 1
        return self.told["first"] + self.at - 1, self.requests[self.at - 1]

    def answered(self, number: int | None, stored: bool, seconds: float) -> None:
        """Note an answer."""
        if not stored or number is None:
            self.refused += 1
            return
        self.acknowledged.append(number)
        self.latencies.append(seconds)

    def lost(self, number: int | None) -> None:
        """Note a connection that ended, with a request of unknown fate or without."""
        self.cut += number is not None
        self.open -= 1
        if self.open == 0:
            self.over.set()

    async def run(self) -> dict[str, Any]:
        """Let it rain."""
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        self.until = began + self.told["seconds"]
        for _ in range(self.told["connections"]):
            await loop.create_connection(lambda: Line(self), "127.0.0.1", self.told["port"])
        await asyncio.wait_for(self.over.wait(), self.told["seconds"] + GIVEN_UP)
        seconds = time.perf_counter() - began
        return {
            "seconds": seconds,
            "latencies": self.latencies,
            "acknowledged": self.acknowledged if self.told.get("name_them") else len(self.acknowledged),
            "refused": self.refused,
            "cut": self.cut,
            "ran_out": self.at >= len(self.requests),
        }


async def pace(told: dict[str, Any]) -> dict[str, Any]:
    """Send one webhook after the other at a rate, and note when each was accepted and when the feed told of its message."""
    heard: dict[int, float] = {}

    def hear(kind: str, data: bytes, at: float) -> None:
        if kind == "message.created":
            heard[talk.number_of(json.loads(data)["provider_id"])] = at

    listener = Listener(told["port"], told["token"], hear)
    await listener.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", told["port"])
    accepted: dict[int, float] = {}
    began = time.perf_counter()
    for place in range(told["count"]):
        number = told["first"] + place
        body = talk.text(number, number % 50, f"Quero saber do pedido {number}")
        await asyncio.sleep(max(0.0, began + place / told["rate"] - time.perf_counter()))
        writer.write(talk.request(told["port"], told["path"], body, told["secret"]))
        head = await reader.readuntil(b"\r\n\r\n")
        if head[9:12] != b"200":
            raise RuntimeError(head.decode())
        accepted[number] = time.perf_counter()
    limit = time.perf_counter() + GIVEN_UP
    while len(heard) < len(accepted) and time.perf_counter() < limit:  # noqa: ASYNC110  two clocks are compared here
        await asyncio.sleep(0.02)
    writer.close()
    listener.close()
    return {
        "latencies": [heard[number] - at for number, at in accepted.items() if number in heard],
        "missing": len(accepted) - len(heard),
    }


def bare(told: dict[str, Any]) -> dict[str, Any]:
    """At the same rate: a row and its commit, another and its commit, a publish."""
    insert = (
        "INSERT INTO conversations_delivery (id, workspace_id, connection_id, method, url, content_type, body, parsed, outcome, "
        "reason, attempts) VALUES (gen_random_uuid(), %s, %s, 'POST', '', '', %s, true, 'ignored', '', 0)"
    )
    latencies = []
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        began = time.perf_counter()
        for place in range(told["count"]):
            body = talk.text(place, place % 50, f"Quero saber do pedido {place}")
            time.sleep(max(0.0, began + place / told["rate"] - time.perf_counter()))
            at = time.perf_counter()
            for _ in range(2):
                connection.execute(insert, [told["workspace"], told["connection"], body], prepare=True)
            broker.publish("novelo:bench", "x")
            latencies.append(time.perf_counter() - at)
    broker.close()
    return {"latencies": latencies}


def main() -> None:
    """Do what each line asks for."""
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        match told["do"]:
            case "flood":
                answer = uvloop.run(flooded(told))
            case "pace":
                answer = uvloop.run(pace(told))
            case "bare":
                answer = bare(told)
        print(json.dumps(answer), flush=True)


async def flooded(told: dict[str, Any]) -> dict[str, Any]:
    """Make the requests before the clock starts, and say so."""
    flood = Flood(told)
    print(json.dumps("go"), flush=True)
    return await flood.run()


if __name__ == "__main__":
    main()

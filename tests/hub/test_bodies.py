"""Bodies are taken in before a thread works on their request: whole, in time, and never too large."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from hub.bodies import IN_MEMORY, PIECE, Whole

FORM = (b"content-type", b"multipart/form-data; boundary=x")
MOST, MOST_OF_FORMS = 2 * IN_MEMORY, 3 * IN_MEMORY


class Inner:
    """An application that reads its body to the end and says how large it was."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.pieces = 0

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Read and answer."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
            self.pieces += 1
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(inner: Inner, *headers: tuple[bytes, bytes], pieces: Iterable[bytes] = (), then: str = "ends") -> Any:
    """Send a request of these pieces, whose sender then ``ends``, ``hangs up`` or is ``silent``; return status and body."""
    coming = list(pieces)
    said: list[Any] = []

    async def receive() -> Any:
        if coming:
            piece = coming.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(coming) or then != "ends"}
        if then == "silent":
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    asyncio.run(Whole(inner, MOST, MOST_OF_FORMS, patience=0.05)(scope, receive, send))
    return (said[0]["status"], said[1]["body"]) if said else None


def test_it_works() -> None:
    inner = Inner()
    assert ask(inner, (b"content-length", b"4"), pieces=[b"a", b"", b"bcd"]) == (200, b"")
    assert inner.bodies == [b"abcd"]


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, IN_MEMORY, IN_MEMORY + 1, MOST])
def test_a_body_of_any_size_comes_whole_and_in_pieces(size: int) -> None:
    inner, body = Inner(), bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert ask(inner, (b"transfer-encoding", b"chunked"), pieces=[body[:7], body[7:]]) == (200, b"")
    assert (inner.bodies, inner.pieces) == ([body], max(1, -(-size // PIECE)))


def test_what_has_no_body_is_not_waited_for() -> None:
    inner = Inner()
    assert ask(inner, (b"content-length", b"0")) == ask(inner) == (200, b"")


def test_who_sends_slowly_is_sent_away_before_anybody_works_on_it() -> None:
    inner = Inner()
    status, body = ask(inner, (b"content-length", b"9"), pieces=[b"a"], then="silent")
    assert (status, json.loads(body)["detail"], inner.bodies) == (408, "The request came too slowly.", [])


def test_half_a_body_is_nothing() -> None:
    inner = Inner()
    assert ask(inner, (b"content-length", b"900"), pieces=[b'{"a": 1}'], then="hangs up") is None
    assert inner.bodies == []


@pytest.mark.parametrize(
    ("headers", "size", "status"),
    [
        ([(b"content-length", str(MOST + 1).encode())], 0, 413),
        ([(b"transfer-encoding", b"chunked")], MOST + 1, 413),
        ([(b"content-length", str(MOST + 1).encode()), FORM], MOST + 1, 200),
        ([(b"content-length", str(MOST_OF_FORMS + 1).encode()), FORM], 0, 413),
        ([(b"content-length", b"9" * 30)], 1, 200),  # a server refuses it; here it is only a word
    ],
)
def test_what_is_too_large_is_refused(headers: list[tuple[bytes, bytes]], size: int, status: int) -> None:
    inner = Inner()
    pieces = [b"x" * PIECE] * (size // PIECE) + [b"x" * (size % PIECE)] if size else []
    answer = ask(inner, *headers, pieces=pieces)
    assert (answer[0], len(inner.bodies)) == (status, status == 200)

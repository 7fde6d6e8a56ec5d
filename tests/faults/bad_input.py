"""B1: bodies nobody should send: unsigned ones refused, signed ones kept and answered with 200, neighbors unharmed."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection

from conversations.models import Connection, Delivery
from simulator.webhooks import sign, signed_headers
from tests.conversations.bodies import envelope, said, text, value
from tests.faults.drill import FAULT_SECONDS, Result, died_by_itself, finish, look_and_judge, settle
from tests.faults.house import House
from tests.faults.load import Load, Shop, new_shop, post
from tests.faults.oracle import Expected, Promise

ODD = "551198765100"  # the first digits of who sends odd but usable messages
MAX_BYTES = 4 * 1024 * 1024
HELD_UP_SECONDS = 1.5  # the door's own limit on waiting for a lock is twice that
REPLACED = "\ufffd"


class Odd(NamedTuple):
    """A signed body, the outcome its delivery must have, and what must be stored of it, if anything."""

    name: str
    body: bytes
    outcome: str = "invalid"
    kept: Promise | None = None


def run(house: House) -> Result:
    """Send all of it while others write."""
    result = Result(drill="B1", says="wrong signatures, odd bodies, truncated and large ones")
    shop = new_shop("B1")
    deaths = house.deaths()
    load = Load(house.url, shop, "B1")
    load.start()
    house.sleep(FAULT_SECONDS)
    result.failures += refused(house, shop)
    result.failures += not_held_up(house, shop, result)
    odd = list(odd_bodies())
    answers = {one.name: post(house.url, shop.path, one.body, shop.secret) for one in odd}
    result.failures += [f"{name} was answered with {status}" for name, status in answers.items() if status != 200]
    result.failures += truncated(house, shop)
    result.failures += too_large(house, shop)
    expected = finish(house, load, result, {200})
    settle(house, result)
    result.failures += journal(shop, odd)
    with_odd(expected, odd)
    result.failures += look_and_judge(shop, expected)
    result.failures += died_by_itself(house, deaths)
    result.figures |= {"odd_bodies": len(odd)}
    return result


def refused(house: House, shop: Shop) -> list[str]:
    """Send five bodies whose signature proves nothing: each is 401, and none leaves more than a count."""
    body = text("wamid.B1.refused", ODD + "9", "must not be stored")
    signature = sign(body, shop.secret)
    wrong = {
        "an empty signature": "",
        "another secret": sign(body, "another secret"),
        "a truncated signature": signature[:-2],
        "characters outside ASCII": "sha256=" + "é" * 64,
        "a body changed by one byte": sign(body + b" ", shop.secret),
    }
    found = []
    for name, header in wrong.items():
        if (status := post(house.url, shop.path, body, shop.secret, **{"X-Hub-Signature-256": header})) != 401:
            found.append(f"{name} was answered with {status}")
    house.wait(lambda: Connection.objects.get(pk=shop.connection.pk).refused_signatures >= len(wrong), 5)
    if (counted := Connection.objects.get(pk=shop.connection.pk).refused_signatures) != len(wrong):
        found.append(f"{counted} wrong signatures were counted, not {len(wrong)}")
    return found


def not_held_up(house: House, shop: Shop, result: Result) -> list[str]:
    """Send a wrong signature while a parser holds the connection's row: senders with right ones must not wait for it."""
    with psycopg.connect(settings.DATABASE_URL) as parser:
        parser.execute("SELECT 1 FROM conversations_connection WHERE id = %s FOR NO KEY UPDATE", [shop.connection.pk])
        post(house.url, shop.path, b"{}", "another secret")
        house.sleep(0.2)  # until the door counts it
        began = time.monotonic()
        status = post(house.url, shop.path, b"{}", shop.secret)
        seconds = time.monotonic() - began
    result.figures["ack_beside_refusal_ms"] = round(seconds * 1000)
    return (
        [] if status == 200 and seconds < HELD_UP_SECONDS else [f"a wrong signature held others up for {seconds:.1f} s"]
    )


def odd_bodies() -> Iterator[Odd]:
    """Yield the signed bodies that nobody expects."""
    now = int(time.time())
    yield Odd("not JSON", b"hello=world")
    yield Odd("an empty body", b"")
    yield Odd("null", b"null")
    yield Odd("an array", b"[1, 2, 3]")
    yield Odd("100,000 brackets", b"[" * 100_000 + b"]" * 100_000)
    yield Odd("a number of 5,000 digits", b'{"object": ' + b"9" * 5000 + b"}")
    yield Odd("invalid UTF-8", b'{"object": "\xff\xfe"}')
    yield Odd("wrong types", body_of({"object": "whatsapp_business_account", "entry": "none"}), "ignored")
    yield Odd("missing fields", envelope(value(messages=[{"type": "text"}])))
    yield promised("NUL in the text", "1", "before\x00after", now)
    yield promised("a lone surrogate", "2", "half \ud83d of a face", now)
    yield promised("NUL in an id", "3", "plain", now, message_id="wamid.B1.\x00.id")
    deep: Any = "the bottom"
    for _ in range(500):
        deep = [deep]
    yield Odd("a message 500 levels deep", envelope(value(messages=[said("wamid.B1.deep", ODD + "4", now, text=deep)])))
    number = said("wamid.B1.number", ODD + "5", now)
    number["timestamp"] = 10**4000
    yield Odd("a time of 4,001 digits", envelope(value(messages=[number])))
    yield promised("3 MB of words", "6", "palavra " * (3 * 1024 * 1024 // 8), now)


def promised(name: str, who: str, words: str, now: int, message_id: str = "") -> Odd:
    """Return a body with one usable message and what must be stored of it: no NUL, no lone surrogate."""
    message_id = message_id or f"wamid.B1.{who}"
    kept = Promise(ODD + who, storable(message_id), storable(words))
    return Odd(name, text(message_id, ODD + who, words, now), "processed", kept)


def storable(words: str) -> str:
    """Return the words as PostgreSQL can hold them."""
    return "".join(REPLACED if one == "\x00" or "\ud800" <= one <= "\udfff" else one for one in words)


def body_of(document: Any) -> bytes:
    """Encode a body as it stands."""
    return json.dumps(document).encode()


def truncated(house: House, shop: Shop) -> list[str]:
    """Promise more bytes than are sent and hang up: nothing may be stored, and nobody may wait for the rest."""
    body = text("wamid.B1.truncated", ODD + "8", "half")
    headers = {"Host": "127.0.0.1", "Content-Length": str(len(body) * 2), **signed_headers(body, shop.secret)}
    head = "".join(f"{name}: {content}\r\n" for name, content in headers.items())
    with socket.create_connection(("127.0.0.1", urlsplit(house.url).port or 0), timeout=10) as sender:
        sender.sendall(f"POST {shop.path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        sender.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(OSError):
            answer = sender.recv(64)
    return [f"a truncated body was answered with {answer[:15]!r}"] if b" 200 " in answer else []


def too_large(house: House, shop: Shop) -> list[str]:
    """Send one byte more than a webhook may hold."""
    status = post(house.url, shop.path, b" " * (MAX_BYTES + 1), shop.secret)
    return [] if status == 413 else [f"a body above 4 MB was answered with {status}"]


def journal(shop: Shop, odd: list[Odd]) -> list[str]:
    """Compare the journal with what was sent: each odd body once, byte for byte, with its outcome; the refused ones never."""
    found = []
    for one in odd:
        rows = Delivery.objects.of(shop.workspace).filter(body=one.body).values_list("outcome", flat=True)
        if list(rows) != [one.outcome]:
            found.append(f"{one.name}: in the journal as {list(rows)}, not {one.outcome}")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM conversations_delivery WHERE workspace_id = %s "
            "AND (position(%s::bytea IN body) > 0 OR position(%s::bytea IN body) > 0 OR length(body) > %s)",
            [shop.workspace.pk, b"must not be stored", b"wamid.B1.truncated", MAX_BYTES],
        )
        if count := cursor.fetchone()[0]:
            found.append(f"{count} refused bodies were stored")
    return found


def with_odd(expected: Expected, odd: list[Odd]) -> None:
    """Promise what must be stored of the odd bodies."""
    kept = [one.kept for one in odd if one.kept]
    expected.offered += kept
    expected.acked |= {promise.message_id for promise in kept}

"""Sending: events to the hub's public API, a thousand at once, as any program with a token does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import batched
from typing import Any, NamedTuple

import httpx2

from simulator.loopback import loopback_url

A_CALL = 1_000
TRIES = 5


AwayError = httpx2.TransportError  # nobody answered, though it was tried again


class RefusedError(Exception):
    """The hub did not take a call: it says why."""


class Sent(NamedTuple):
    """What became of the events, and how long the hub took."""

    outcomes: Counter[str]
    errors: list[str]
    seconds: float


def send(
    told: Sequence[dict[str, Any]],
    hub_url: str,
    token: str,
    *,
    said: Callable[[int], object] = lambda _: None,
    pause: float = 0,
) -> Sent:
    """Post events to a hub on this machine; after each call ``said`` hears how many there were.

    ``pause`` seconds between calls leave the hub to others. Raises ``RefusedError`` when a call as a whole is not taken, and
    ``NotLoopbackError`` for a hub elsewhere.
    """
    outcomes: Counter[str] = Counter()
    errors: list[str] = []
    began = time.monotonic()
    address = loopback_url(hub_url).rstrip("/") + "/api/v1/events"
    with httpx2.Client(timeout=120, trust_env=False, headers={"Authorization": f"Token {token}"}) as client:
        for some in batched(told, A_CALL):
            for result in _post(client, address, {"events": list(some)}):
                outcomes[result["outcome"]] += 1
                errors += [f"{result['id']}: {result['error']}"] if result.get("error") else []
            said(sum(outcomes.values()))
            time.sleep(pause)
    return Sent(outcomes, errors, time.monotonic() - began)


def _post(client: httpx2.Client, address: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Post one call; a hub that is not there for a moment, or is busy, is asked again: events come once however often sent."""
    for attempt in range(TRIES):
        try:
            answer = client.post(address, json=body)
        except httpx2.TransportError:
            if attempt == TRIES - 1:
                raise
        else:
            if answer.status_code == 200:
                results: list[dict[str, Any]] = answer.json()["results"]
                return results
            if answer.status_code not in {429, 502, 503}:
                raise RefusedError(f"{answer.status_code}: {answer.text[:300]}")
        time.sleep(2**attempt)
    raise RefusedError("The hub stayed too busy.")

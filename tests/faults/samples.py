"""S1: every collected body of every provider, once, twice, backwards and from eight threads at once: the same rows each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from typing import Any

from conversations.models import Delivery, Message
from tests.conversations import replaying
from tests.conversations.channels import corpus
from tests.conversations.conftest import Shop
from tests.conversations.replaying import Case
from tests.faults.drill import Result, settle
from tests.faults.house import House
from tests.faults.load import send

PROVIDERS = ("whatsapp", "instagram", "messenger", "twilio")
THREADS = 8
# Who somebody is depends on what was known before: such a body is judged by itself.
ALONE = {"identity_update", "system", "history_chunk", "history_media"}
Posts = list[tuple[int, int]]  # wanted and given answer
_numbers = count(1)


def run(house: House) -> Result:
    """Bring all of it four ways to shops of their own, and compare what is there afterwards."""
    result = Result(drill="S1", says="all samples once, twice, backwards and from eight threads leave the same rows")
    if not corpus.INDEX:
        result.says += " (there are no samples here)"
        return result
    groups = {provider: grouped(corpus.cases(provider)) for provider in PROVIDERS}
    result.figures["groups"] = {provider: len(them) for provider, them in groups.items()}
    left: dict[str, list[list[Any]]] = {}
    for way, bring in WAYS.items():
        shops = [(cases, _shop(cases)) for them in groups.values() for cases in them]
        for cases, shop in shops:
            wrong = [pair for pair in bring(house.url, cases, shop) if pair[0] != pair[1]]
            if wrong:
                result.failures.append(f"{way}: {cases[0]['id']} and others were answered {wrong[:3]} (wanted, given)")
        settle(house, result)
        result.failures += [line for cases, shop in shops for line in _unfinished(way, cases, shop)]
        left[way] = [_rows(cases, shop) for cases, shop in shops]
    names = [cases for them in groups.values() for cases in them]
    for way in WAYS:
        for cases, first, now in zip(names, left["once"], left[way], strict=True):
            if first != now:
                result.failures.append(f"{way}: {_difference(cases, first, now)}")
    return result


def grouped(cases: Iterable[Case]) -> list[list[Case]]:
    """Put cases together that can have happened to one business: none says something else under an id of another."""
    groups: list[tuple[set[str], list[Case]]] = []
    for case in cases:
        events = case["expected"].get("events", ())
        alone = any(event["kind"] in ALONE for event in events)
        claims = {_claim(event) for event in events}
        fitting = next((group for group in groups if not alone and "" not in group[0] and not group[0] & claims), None)
        if fitting is None:
            groups.append((claims | ({""} if alone else set()), [case]))
        else:
            fitting[0].update(claims)
            fitting[1].append(case)
    return [them for _, them in groups]


def _claim(event: dict[str, Any]) -> str:
    """Return what only one event may say."""
    about = event.get("external_id") or event.get("target") or event.get("reaction", {}).get("target")
    kind = "said" if event["kind"] in replaying.SPOKEN else event["kind"]
    return f"{kind} {event.get('status', '')} {about}" if about else json.dumps(event, sort_keys=True)


def _shop(cases: Sequence[Case]) -> Shop:
    return replaying.shop_for(cases, f"drill-s1-{next(_numbers)}")


def _post(url: str, case: Case, shop: Shop) -> tuple[int, int]:
    request = replaying.post_of(case, shop, url)
    wanted = 401 if case["expected"]["outcome"] == "rejected_signature" else 200
    return wanted, send(url, "POST", request.path, request.body, request.headers)[0]


def _once(url: str, cases: Sequence[Case], shop: Shop) -> Posts:
    return [_post(url, case, shop) for case in cases]


def _twice(url: str, cases: Sequence[Case], shop: Shop) -> Posts:
    return [_post(url, case, shop) for case in (*cases, *cases)]


def _backwards(url: str, cases: Sequence[Case], shop: Shop) -> Posts:
    return [_post(url, case, shop) for case in reversed(cases)]


def _at_once(url: str, cases: Sequence[Case], shop: Shop) -> Posts:
    """Eight threads, each of which brings everything."""
    with ThreadPoolExecutor(THREADS) as pool:
        brought = [pool.submit(_post, url, case, shop) for case in cases for _ in range(THREADS)]
        return [one.result() for one in brought]


WAYS: dict[str, Callable[[str, Sequence[Case], Shop], Posts]] = {
    "once": _once,
    "twice": _twice,
    "backwards": _backwards,
    "eight threads": _at_once,
}


def _rows(cases: Sequence[Case], shop: Shop) -> list[Any]:
    """Return what is there; of Twilio, which gives no times, without them."""
    found = replaying.rows(shop.workspace)
    if cases[0]["provider"] != "twilio":
        return found
    return [
        sorted((tuple(None if isinstance(one, datetime) else one for one in row) for row in table), key=repr)
        for table in found
    ]


def _unfinished(way: str, cases: Sequence[Case], shop: Shop) -> list[str]:
    """Return what was lost or left lying."""
    lines = []
    rows = Delivery.objects.filter(workspace=shop.workspace)
    if left := rows.filter(outcome__in=["pending", "failed"]).count():
        lines.append(f"{way}: {left} deliveries of {cases[0]['id']} and others are pending or failed")
    stored = set(Message.objects.filter(workspace=shop.workspace).values_list("provider_id", flat=True))
    for case in cases:
        odd = "placeholder_ids" in case.get("tags", ()) or case["provider"] == "twilio"
        if case["expected"]["outcome"] == "accepted" and not odd and not _readable(case) <= stored:
            lines.append(f"{way}: {case['id']} is not all there")
    return lines


def _readable(case: Case) -> set[str]:
    """The ids of what is said by somebody who can be told."""
    odd = {"missing_sender", "sender_not_numeric", "invalid_timestamp"}
    events = [event for event in case["expected"]["events"] if not odd & set(event.get("anomalies", ()))]
    return replaying.said({"expected": {"events": events}})


def _difference(cases: Sequence[Case], first: list[Any], now: list[Any]) -> str:
    """Name the first row that is not the same, without what people said."""
    for one, other in zip(first, now, strict=True):
        for row in [row for row in one if row not in other] + [row for row in other if row not in one]:
            return f"{cases[0]['id']} and {len(cases) - 1} others differ in {str(row)[:160]}"
    return f"{cases[0]['id']} and others differ in how often a row is there"

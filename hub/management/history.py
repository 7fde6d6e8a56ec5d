"""The past of a workspace as the simulator plans it: put in through the public API with a token of its own, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone

from hub.models import ApiToken, Workspace
from simulator.company import events, plan, send, truth
from simulator.company.plan import ZONE, Plan

PAUSE = 0.3  # seconds between calls: the past leaves the hub to those who are there now


class Past(NamedTuple):
    """Which past: how many days up to now, from which seed, how lively."""

    seed: int
    days: int
    talks_a_day: float


def tell(
    workspace: Workspace,
    past: Past,
    hub_url: str,
    file: Path | None,
    say: Callable[[str], object],
    beside: Callable[[Plan], object],
) -> None:
    """Tell a workspace its past, unless it has it; one that was interrupted is told again, to the same end.

    The token's name says which past it is, and that it is revoked, that all of it was told. ``file`` takes the true figures; ``beside``
    gets the plan once all was told, for what no API takes. Raises what ``send`` raises.
    """
    name = f"History {past.seed}, {past.days} days"
    known = ApiToken.objects.of(workspace).filter(name=name).order_by("created_at")
    if file is None and known.exclude(revoked_at=None).exists():
        say(f"{workspace.slug} has its history of {past.days} days")
        return
    _, secret = ApiToken.issue(workspace, name)
    company = _planned(past, known[0])
    if file:
        file.write_text(json.dumps(truth(company), ensure_ascii=False, indent=1))
        say(f"the true figures of {past.days} days are in {file}")
    told = events(company)
    say(f"{workspace.slug} is told {len(told)} events of the last {past.days} days")
    sent = send(told, hub_url, secret, pause=PAUSE)
    beside(company)
    known.filter(revoked_at=None).update(revoked_at=timezone.now())
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(sent.outcomes.items()))
    say(f"{workspace.slug} has its history of {past.days} days: {counts}, in {sent.seconds:.0f} s")
    for error in sent.errors[:10]:
        say(error)


def _planned(past: Past, since: ApiToken) -> Plan:
    end = since.created_at.astimezone(ZoneInfo(ZONE))
    return plan(past.seed, end.date() - timedelta(days=past.days - 1), past.days, past.talks_a_day, end)

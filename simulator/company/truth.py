"""Truth: the true value of every figure of the catalogue, from the plan alone, by code that shares nothing with metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from simulator.company import (
    true_answers as replies,
    true_cases as cases,
    true_expected as coming,
    true_journeys as journeys,
    true_movement as movement,
    true_people as people,
    true_sales as sales,
    true_shares as shares,
    true_stages as stages,
    true_talks as talks,
)
from simulator.company.figures import Ask, Rows
from simulator.company.plan import ZONE, Plan

type Figures = Callable[[Plan, Ask], Rows]


class Known(NamedTuple):
    """How a figure is known: the function, and by what and kept to what it is asked beside its total."""

    figures: Figures
    splits: tuple[str, ...]
    kept: tuple[tuple[str, str], ...] = ()


BY_ALL = ("channel", "agent", "day")
BY_PLACE = ("channel", "store", "day")
MODELS = tuple(
    ("model", name) for name in ("first", "last", "last_non_direct", "linear", "position", "decay", "shapley", "markov")
)
KNOWN: dict[str, Known] = {
    "first_response_time": Known(talks.first_response, (*BY_ALL, "channel,day")),
    "reply_time": Known(talks.reply, (*BY_ALL, "agent,day")),
    "resolution_time": Known(cases.resolution, (*BY_ALL, "closed_by", "closing_channel")),
    "cross_channel_resolution_time": Known(
        cases.across, (*BY_ALL, "channel,closing_channel"), (("reach", "single_channel"),)
    ),
    "interaction_volume": Known(talks.volume, ("channel", "day", "channel,day")),
    "queue_wait": Known(talks.queue_wait, BY_ALL),
    "queue_depth": Known(talks.queue_depth, ("channel", "day")),
    "queue_abandonment": Known(talks.queue_abandonment, ("channel", "day")),
    "handle_time": Known(talks.handle, BY_ALL, (("basis", "assigned"),)),
    "occupancy": Known(talks.occupancy, ("agent", "day")),
    "concurrency": Known(talks.concurrency, ("agent", "day")),
    "resolved_per_hour": Known(talks.resolved_per_hour, BY_ALL),
    "channel_preference": Known(people.preference, ("channel",)),
    "channel_consistency": Known(people.consistency, ("measure",)),
    "csat": Known(replies.csat, (*BY_ALL, "touchpoint")),
    "nps": Known(replies.nps, BY_ALL),
    "post_purchase_csat": Known(replies.post_purchase_csat, (*BY_ALL, "touchpoint")),
    "opportunities_opened": Known(replies.opportunities_opened, BY_ALL),
    "opportunities_won": Known(replies.opportunities_won, BY_ALL),
    "win_rate": Known(replies.win_rate, BY_ALL, (("basis", "cohort"),)),
    "stage_friction": Known(replies.stage_friction, (*BY_ALL, "stage", "stage,outcome")),
    "sale_time": Known(replies.sale_time, BY_ALL),
    "sales_by_channel": Known(shares.sales_by_channel, (*BY_PLACE, "coupon"), MODELS),
    "average_order_value": Known(sales.average_order, (*BY_PLACE, "coupon")),
    "spend_per_customer": Known(sales.spend, BY_PLACE),
    "cart_abandonment": Known(sales.cart_abandonment, ("channel", "day")),
    "cart_recovery": Known(sales.cart_recovery, ("channel", "day")),
    "payment_link_abandonment": Known(sales.link_abandonment, ("channel", "day")),
    "take_rate": Known(sales.take_rate, ("channel", "benefit", "channel,used_channel", "day")),
    "delivery_time": Known(sales.delivery, (*BY_PLACE, "fulfilment")),
    "on_time_delivery": Known(sales.on_time, (*BY_PLACE, "fulfilment")),
    "cac": Known(sales.cac, ("channel", "kind", "day"), (("kind", "media"),)),
    "coupon_usage": Known(sales.coupon_usage, (*BY_PLACE, "coupon", "channel,coupon")),
    "roi": Known(shares.roi, ("channel", "day"), (("model", "first"),)),
    "channel_movement": Known(
        movement.movement, ("from_channel", "from_channel,to_channel", "basis", "day"), (("basis", "stays"),)
    ),
    "journey_stages": Known(stages.stages, ("stage", "stage,outcome", "channel", "day")),
    "ropo": Known(movement.ropo, BY_PLACE, (("basis", "matched"), ("basis", "lowest"), ("basis", "highest"))),
    "conversion_rate": Known(journeys.conversion, ("channel", "day")),
    "cross_channel_conversion": Known(journeys.crossed, ("from_channel", "from_channel,to_channel", "day")),
    "assisted_conversions": Known(journeys.assisted, ("channel", "day")),
    "online_to_offline": Known(journeys.online_to_offline, BY_PLACE),
    "offline_to_online": Known(journeys.offline_to_online, (*BY_PLACE, "fulfilment")),
    "arpu": Known(journeys.arpu, ("channel", "day"), (("basis", "buyers"),)),
    "repeat_purchase_rate": Known(people.repeat, ("channel",)),
    "retention_rate": Known(people.retention, ()),
    "cohort_retention": Known(people.cohorts, ("channel", "months", "day")),
    "lifetime_value": Known(people.lifetime, ("channel", "day")),
    "predicted_lifetime_value": Known(coming.predicted, ("channel", "basis"), (("basis", "margin"),)),
}


class Answer(NamedTuple):
    """A figure as asked: its words, and its rows with the total under the empty key."""

    metric: str
    by: tuple[str, ...]
    only: dict[str, str]
    rows: Rows


def answers(plan: Plan, start: datetime, end: datetime, as_of: datetime) -> Iterator[Answer]:
    """Yield every figure of a period, overall and by each of its splits, also as it is kept to one of its kinds."""
    for metric, known in KNOWN.items():
        for kept in ({}, *({word: value} for word, value in known.kept)):
            for split in ("", *known.splits):
                by = tuple(word for word in split.split(",") if word)
                if not set(by) & set(kept):
                    ask = Ask(start, end, as_of, ZoneInfo(ZONE), by, kept)
                    yield Answer(metric, by, kept, known.figures(plan, ask))


def truth(plan: Plan) -> dict[str, Any]:
    """Return the true figures of the whole plan as of its end, as JSON."""
    found = []
    for one in answers(plan, plan.start, plan.end, plan.end):
        rows = [{"key": dict(zip(one.by, key, strict=True)), **figure} for key, figure in one.rows.items() if key]
        total = {"key": {}, **one.rows.get((), {"n": 0, "value": None})}
        found.append({"metric": one.metric, "by": list(one.by), "only": one.only, "total": total, "rows": rows})
    period = {"from": plan.start.isoformat(), "to": plan.end.isoformat(), "tz": ZONE, "as_of": plan.end.isoformat()}
    return {"seed": plan.seed, **period, "answers": found}

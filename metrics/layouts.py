"""Layouts: which figures a board shows as tiles, and which of them as charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.utils.translation import gettext_lazy as _

type Kind = Literal["course", "stack", "week", "rank", "flows", "crossings", "funnel", "cohorts", "reliance"]


class Plot(NamedTuple):
    """A chart of a board: what kind, of which metric (of a funnel: metrics), by which dimensions."""

    kind: Kind
    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    title: Any = ""


@dataclass(frozen=True)
class Layout:
    """A board."""

    key: str
    title: Any
    tiles: tuple[str, ...]
    plots: tuple[Plot, ...] = ()


OVERVIEW = Layout(
    "",
    _("Overview"),
    (
        "first_response_time", "reply_time", "resolution_time", "interaction_volume",
        "queue_wait", "queue_abandonment", "csat", "nps",
        "sales_by_channel", "average_order_value", "conversion_rate", "win_rate",
    ),
    (Plot("stack", ("interaction_volume",), ("channel",)), Plot("week", ("interaction_volume",))),
)  # fmt: skip
SERVICE = Layout(
    "service",
    _("Service"),
    (
        "first_response_time", "reply_time", "resolution_time", "cross_channel_resolution_time",
        "queue_wait", "queue_depth", "queue_abandonment", "interaction_volume",
    ),
    (
        Plot("stack", ("interaction_volume",), ("channel",)),
        Plot("week", ("interaction_volume",)),
        Plot("rank", ("first_response_time",), ("channel",)),
        Plot("rank", ("resolution_time",), ("team",)),
        Plot("flows", ("resolution_time",), ("channel", "team", "closed_by"), _("From channel to team to outcome")),
    ),
)  # fmt: skip
SALES = Layout(
    "sales",
    _("Sales"),
    (
        "sales_by_channel", "average_order_value", "spend_per_customer", "cac",
        "cart_abandonment", "cart_recovery", "payment_link_abandonment", "take_rate",
        "opportunities_opened", "opportunities_won", "win_rate", "sale_time",
        "delivery_time", "on_time_delivery", "coupon_usage", "roi",
        "conversion_rate", "retention_rate", "lifetime_value", "predicted_lifetime_value",
    ),
    (
        Plot("stack", ("sales_by_channel",), ("channel",)),
        Plot(
            "funnel", ("interaction_volume", "opportunities_opened", "opportunities_won"), (), _("From conversation to sale")
        ),
        Plot("rank", ("sales_by_channel",), ("channel",)),
        Plot("rank", ("stage_friction",), ("stage",)),
    ),
)  # fmt: skip
JOURNEY = Layout(
    "journey",
    _("Journey"),
    (
        "conversion_rate", "cross_channel_conversion", "assisted_conversions", "online_to_offline",
        "offline_to_online", "repeat_purchase_rate", "retention_rate",
        "arpu", "lifetime_value", "channel_consistency", "channel_movement", "ropo",
    ),
    (
        Plot("crossings", ("channel_movement",), ("from_channel", "to_channel"), _("From channel to channel")),
        Plot("crossings", ("cross_channel_conversion",), ("from_channel", "to_channel"), _("From first touch to sale")),
        Plot("rank", ("conversion_rate",), ("channel",)),
        Plot("rank", ("channel_preference",), ("channel",)),
        Plot("cohorts", ("cohort_retention",), ("month", "months")),
    ),
)  # fmt: skip
SATISFACTION = Layout(
    "satisfaction",
    _("Satisfaction"),
    ("csat", "nps", "post_purchase_csat"),
    (
        Plot("rank", ("csat",), ("channel",)),
        Plot("rank", ("nps",), ("channel",)),
        Plot("rank", ("csat",), ("team",)),
        Plot("rank", ("csat",), ("touchpoint",)),
    ),
)
AGENTS = Layout(
    "agents",
    _("Agents"),
    (
        "first_response_time", "reply_time", "resolution_time", "csat",
        "handle_time", "occupancy", "concurrency", "resolved_per_hour",
    ),
    (Plot("rank", ("first_response_time",), ("agent",)), Plot("rank", ("resolution_time",), ("agent",))),
)  # fmt: skip
AGENT = Layout(
    "agent",
    _("Agent"),
    (
        "first_response_time", "reply_time", "resolution_time", "handle_time",
        "resolved_per_hour", "occupancy", "concurrency", "csat",
    ),
    (Plot("rank", ("first_response_time",), ("channel",)), Plot("week", ("reply_time",))),
)  # fmt: skip
COLUMNS = AGENT.tiles  # of the table of agents
BOARDS = {one.key: one for one in (OVERVIEW, SERVICE, SALES, JOURNEY, SATISFACTION, AGENTS)}

"""Automation: when something happens, if conditions hold, then acts; with a trial over the last week and a log. Composes rooms."""

from conversations.automation.conditions import OPERATORS, Condition, Facts
from conversations.automation.deciding import EVENTS, Decision, decide, refuse_loop
from conversations.automation.dry import Trial, dry_run
from conversations.automation.firing import FOLLOW, Ready, forget, made_ready
from conversations.automation.keeping import Plan, keep, understood

__all__ = [
    "EVENTS",
    "FOLLOW",
    "OPERATORS",
    "Condition",
    "Decision",
    "Facts",
    "Plan",
    "Ready",
    "Trial",
    "decide",
    "dry_run",
    "forget",
    "keep",
    "made_ready",
    "refuse_loop",
    "understood",
]

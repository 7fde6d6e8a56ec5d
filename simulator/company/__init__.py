"""A company from a seed: what happens in it is planned first, then told as events, and every figure of it is known from the plan."""

from simulator.company.send import Sent, send
from simulator.company.story import plan
from simulator.company.truth import truth
from simulator.company.write import DESK, Sight, events, seen

__all__ = ["DESK", "Sent", "Sight", "events", "plan", "seen", "send", "truth"]

"""Which drills there are, in the order they run: the controls that must fail first, then the faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.faults import bad_input, campaign, controls, kills, live, poison, races, replies, samples
from tests.faults.drill import Result
from tests.faults.house import House


def start_all(house: House) -> Result:
    """A0: start every program; nothing else can be drilled before."""
    result = Result(drill="A0", says="all parts start")
    house.start_programs()
    return result


PLAN: Mapping[str, Callable[[House], Result]] = {
    "A0": start_all,
    "C-oracle": controls.oracle_sees,
    "C-rows": controls.naive_claims,
    "B9": controls.naive_reader,
    **{drill.name: drill.run for drill in kills.DRILLS},
    "B1": bad_input.run,
    "B2": poison.run,
    "B7": replies.run,
    "B10": campaign.run,
    "R2": races.run,
    "S1": samples.run,
    "W1": live.run,
}

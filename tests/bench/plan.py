"""The benchmarks by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.bench import figures, inbox, intake, latency, memory, paint, pipeline, realtime, rebuild, search
from tests.bench.ground import Ground
from tests.bench.report import Result

PLAN: Mapping[str, Callable[[Ground], Iterator[Result]]] = {
    "intake": intake.intake,
    "pipeline": pipeline.pipeline,
    "latency": latency.latency,
    "paint": paint.paint,
    "derive": pipeline.derive,
    "scale": pipeline.scale,
    "memory": memory.memory,
    "realtime": realtime.realtime,
    "inbox": inbox.inbox,
    "search": search.bench,
    "rebuild": rebuild.rebuild,
    "dashboard": figures.dashboard,
}

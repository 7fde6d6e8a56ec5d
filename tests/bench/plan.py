"""The benchmarks by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.bench import intake, latency, pipeline
from tests.bench.ground import Ground
from tests.bench.report import Result

PLAN: Mapping[str, Callable[[Ground], Iterator[Result]]] = {
    "intake": intake.intake,
    "pipeline": pipeline.pipeline,
    "derive": pipeline.derive,
    "latency": latency.latency,
    "scale": pipeline.scale,
}

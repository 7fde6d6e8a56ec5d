"""The benchmarks by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.bench import pipeline
from tests.bench.ground import Ground
from tests.bench.report import Result

PLAN: Mapping[str, Callable[[Ground], Iterator[Result]]] = {
    "pipeline": pipeline.pipeline,
    "derive": pipeline.derive,
    "scale": pipeline.scale,
}

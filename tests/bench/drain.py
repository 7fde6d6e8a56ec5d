"""A child: one worker's work without Celery around it, told by its parent when to begin; says how long each half took."""

from __future__ import annotations

import cProfile
import gc
import json
import os
import pstats
import sys
import time
from typing import Any

import django
from django.db import connection

DRAIN_SECONDS = 1.0  # figures follow messages by about this much, as behind the relay


class Statements:
    """What each statement costs, for whoever looks for what is slow: BENCH_PROFILE=sql (or =python)."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}
        connection.execute_wrappers.append(self)

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Run one statement and note how long it took."""
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            entry = self.spent.setdefault(" ".join(str(sql).split())[:90], [0.0, 0])
            entry[0] += time.perf_counter() - began
            entry[1] += 1

    def tell(self, count: int) -> None:
        """Print microseconds a message by statement, dearest first."""
        connection.execute_wrappers.remove(self)
        for sql, (seconds, times) in sorted(self.spent.items(), key=lambda entry: -entry[1][0])[:40]:
            print(
                f"{seconds / count * 1e6:8.1f} us {times:5d} x {seconds / times * 1e3:7.2f} ms  {sql}", file=sys.stderr
            )
        total = sum(entry[0] for entry in self.spent.values())
        print(f"{total / count * 1e6:8.1f} us in all", file=sys.stderr)


def main() -> None:
    """For each line ``{"figures": bool}``: work until nothing waits, answer with seconds and CPU seconds."""
    django.setup()
    gc.collect()
    gc.freeze()  # as every worker does
    from conversations.tasks import drain
    from metrics.aggregate import derive_pending

    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        profile = Statements() if wanted.get("profile") == "sql" else None
        python = cProfile.Profile(builtins=False) if wanted.get("profile") == "python" else None
        if python:
            python.enable()
        said = {"messages": 0.0, "figures": 0.0, "cpu": 0.0, "worked": 0}
        began_cpu = time.process_time()
        busy = True
        while busy:
            began = time.perf_counter()
            done = drain(DRAIN_SECONDS)
            said["messages"] += time.perf_counter() - began
            said["worked"] += done["worked"]
            busy = bool(done["parsed"] or done["worked"])
            if wanted["figures"]:
                began = time.perf_counter()
                while looked_at := derive_pending():
                    busy = busy or bool(looked_at)
                said["figures"] += time.perf_counter() - began
        said["cpu"] = time.process_time() - began_cpu
        if python:
            python.disable()
            pstats.Stats(python, stream=sys.stderr).sort_stats("cumtime").print_stats(
                "conversations|metrics|copy_to|wait|execute"
            )
        if profile:
            profile.tell(said["worked"])
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    main()

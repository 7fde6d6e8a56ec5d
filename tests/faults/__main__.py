"""`python -m tests.faults [A5 B2 …]`: the fault drills; a line of JSON each, exit code 0 only when all are green."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hub.embedded import process
from tests.faults.house import House

if TYPE_CHECKING:
    from tests.faults.drill import Result

LAST_LINES = 6  # of each log, shown when a drill failed


def main(names: list[str]) -> int:
    """Run the drills called ``names`` in that order, all without any; return the exit code."""
    home = Path(tempfile.mkdtemp(prefix="novelo-faults-"))
    house = House(home)
    try:
        os.environ.update({**house.start_servers(), "DATABASE_URL": house.postgres.url, "REDIS_URL": house.valkey.url})
        return run(house, names)
    finally:
        house.stop()
        shutil.rmtree(home, ignore_errors=True)


def run(house: House, names: list[str]) -> int:
    """Prepare the database, run the drills and print a line for each."""
    import django  # the servers must run before the settings read where they are

    django.setup()
    from django.core.management import call_command

    from tests.faults.plan import PLAN

    if unknown := set(names) - PLAN.keys():
        print(f"There is no drill {', '.join(sorted(unknown))}. Drills: {', '.join(PLAN)}", file=sys.stderr)
        return 2
    call_command("migrate", interactive=False, verbosity=0)
    failed = 0
    names = ["A0", *(name for name in names or PLAN if name != "A0")]  # the others need the parts that A0 starts
    for name in names:
        failed += not one(house, name, PLAN)
    print(f"{len(names) - failed} passed, {failed} failed", flush=True)
    return int(failed > 0)


def one(house: House, name: str, plan: Mapping[str, Callable[[House], Result]]) -> bool:
    """Run one drill, print its line, and say whether it passed; a red one also shows the ends of the logs."""
    from django.db import connection

    from tests.faults.drill import Result

    began = time.monotonic()
    connection.close()  # the drill before may have killed its server
    try:
        result = plan[name](house)
    except Exception as error:
        result = Result(drill=name, says="broke off", failures=[f"{type(error).__name__}: {error}"])
        house.mend()
    result.seconds = time.monotonic() - began
    print(result.line().decode(), flush=True)
    if result.failures:
        for part in house.parts.values():
            print(f"  {name} {part.name}: {process.last_words(part.log, LAST_LINES)}", file=sys.stderr, flush=True)
    return not result.failures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

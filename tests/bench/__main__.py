"""`python -m tests.bench [intake pipeline …]`: a line of JSON a benchmark; exit code 0 when all of them ran."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.bench.ground import ROOT, Ground


def main(names: list[str]) -> int:
    """Run the benchmarks called ``names``, all without any; return the exit code."""
    home = Path(tempfile.mkdtemp(prefix="novelo-bench-"))
    home.chmod(0o711)  # the browser may run as another user
    ground = Ground(home)
    try:
        os.environ.update(ground.start())
        os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
        return run(ground, names)
    finally:
        ground.stop()
        shutil.rmtree(home, ignore_errors=True)


def run(ground: Ground, names: list[str]) -> int:
    """Prepare the database and run the benchmarks one after the other."""
    import django  # the servers must run before the settings read where they are

    django.setup()
    from tests.bench.plan import PLAN

    if unknown := set(names) - PLAN.keys():
        print(f"There is no benchmark {', '.join(sorted(unknown))}. Benchmarks: {', '.join(PLAN)}", file=sys.stderr)
        return 2
    migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=ground.env, check=True, timeout=400)
    broken = 0
    for name in names or PLAN:
        began = time.monotonic()
        try:
            for result in PLAN[name](ground):
                print(result.line(), flush=True)
        except Exception:
            broken += 1
            print(f"{name} broke off:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        finally:
            ground.end_programs()
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`memory`: what web, worker, beat and relay hold at rest, against a bare Django and Celery project with one of each."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Iterable, Iterator

from hub.embedded import readiness
from tests.bench import load
from tests.bench.ground import Ground, Program, use, wait_until
from tests.bench.house import NODE, House, serve
from tests.bench.report import Goal, Result

REST_SECONDS = 6.0
MEGABYTES = 600


def memory(ground: Ground) -> Iterator[Result]:
    """Start the house, let it work once, let it rest, weigh it; then the same with the bare project."""
    with ground.database() as url:
        shop = load.new_shop("bench")
        house = House(ground, url)
        use(url)
        load.store(shop, list(load.texts(20, 5)))
        visit(house.port, "/accounts/login/")
        visit(house.port, "/api/v1/conversations", shop.token)
        time.sleep(REST_SECONDS)
        ours = {name: weight([part]) for name, part in house.parts.items()}
        ground.end_programs()
        bare = bare_programs(ground, url)
        time.sleep(REST_SECONDS)
        theirs = {name: weight([part]) for name, part in bare.items()}
        ground.end_programs()
    total = sum(ours.values())
    yield Result(
        bench="memory",
        value=total,
        unit="MB",
        limit=sum(theirs.values()),
        goal=Goal("<=", 1.5),
        n=1,
        holds={"below_600_mb": total < MEGABYTES},
        extra={**{f"{name}_mb": round(size) for name, size in ours.items()}}
        | {f"limit_{name}_mb": round(size) for name, size in theirs.items()},
    )


def bare_programs(ground: Ground, url: str) -> dict[str, Program]:
    """Start the bare project with the flags of the house."""
    programs, env = (
        "tests.bench.bare.programs",
        {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.bench.bare.settings"},
    )
    celery = [sys.executable, "-m", "celery", "-q", "-A", f"{programs}:app"]
    worker = [*celery, "worker", "-c", "2", "-Q", "bare", "-n", NODE, "--loglevel", "WARNING"]
    web, port = serve(ground, f"{programs}:application", "bare_web", **env)
    visit(port, "/")
    found = {
        "web": web,
        "worker": ground.program("bare_worker", worker, **env),
        "beat": ground.program(
            "bare_beat", [*celery, "beat", "-s", str(ground.home / "bare_beat"), "--pidfile="], **env
        ),
        "relay": ground.program("bare_relay", [sys.executable, "-m", programs], **env),
    }
    wait_until(readiness.Worker(ground.env["REDIS_URL"], NODE), 60, "the bare worker")
    return found


def visit(port: int, path: str, token: str = "") -> None:
    """Ask for a page, so that what serving takes is loaded."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Authorization": f"Token {token}"} if token else {})
    connection.getresponse().read()
    connection.close()


def weight(programs: Iterable[Program]) -> float:
    """Return the megabytes of programs and their children, shared pages divided among those who share them (PSS)."""
    found = [process for program in programs for process in program.tree()]
    return sum(process.memory_full_info().pss for process in found) / 1024 / 1024

"""The drills that kill, flush and cut: A1 to A10, B3 to B6 of the plan."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable

import psutil
import redis

from tests.faults.drill import Drill
from tests.faults.house import House

GONE = frozenset({200, 0})  # a killed web process answers nothing
AWAY = frozenset({200, 503, 0})  # without its database the door says 503
DEPLOY_SECONDS = 20.0  # 15 on a machine that does nothing else


def nothing(house: House) -> None:
    """Let it run."""


def worker_children(house: House) -> None:
    """Kill a process of the worker's pool each second, four times."""
    for _ in range(4):
        if children := house.worker.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                house.rng.choice(children).send_signal(signal.SIGKILL)
        house.sleep(1.0)


def worker(house: House) -> None:
    """Kill the worker with its children; another starts later."""
    house.worker.kill()
    house.sleep(1.5)
    house.worker.start()


def web(house: House) -> None:
    """Kill the web process twice."""
    for _ in range(2):
        house.web.kill()
        house.sleep(0.5)
        house.web.start()
        house.sleep(2.0)


def valkey(house: House) -> None:
    """Kill Valkey; it comes back empty."""
    house.valkey.kill()
    house.sleep(2.0)
    house.valkey.start()


def flush(house: House) -> None:
    """Make Valkey forget everything, five times."""
    with redis.Redis.from_url(house.valkey.url) as client:
        for _ in range(5):
            client.flushall()
            house.sleep(1.0)


def postgres(house: House) -> None:
    """Kill PostgreSQL with all its processes; it recovers from its log."""
    house.postgres.kill()
    house.sleep(1.0)
    house.postgres.start()


def relay_and_beat(house: House) -> None:
    """Kill relay and clock for three seconds."""
    house.relay.kill()
    house.beat.kill()
    house.sleep(3.0)
    house.relay.start()
    house.beat.start()


def deploy(house: House) -> None:
    """Stop web, relay and worker politely, one after the other, and start each again, as an orchestrator does.

    Who has not gone after its grace is killed and named: on a busy machine Celery's warm shutdown sometimes takes longer. How
    long it takes is printed and judged by nobody; that nothing is lost either way is judged by the oracle.
    """
    for part in (house.web, house.relay, house.worker):
        if not part.stop(DEPLOY_SECONDS):
            print(f"  A9: {part.name} did not go within {DEPLOY_SECONDS:.0f} s and was killed", file=sys.stderr)
        part.start()


def everything(house: House) -> None:
    """Kill every process, servers included, and start them in an order left to chance."""
    for part in house.parts.values():
        part.kill()
    house.valkey.kill()
    house.postgres.kill()
    starts: list[Callable[[], object]] = [part.start for part in house.parts.values()]
    starts += [house.valkey.start, house.postgres.start]
    house.rng.shuffle(starts)
    for start in starts:
        start()
        house.sleep(0.2)


def cut_valkey(house: House) -> None:
    """Reset every connection to Valkey, and every new one, for three seconds."""
    house.to_valkey.cut()
    house.sleep(3.0)
    house.to_valkey.heal()


def swallow_valkey(house: House) -> None:
    """Let Valkey's network swallow every byte for four seconds."""
    house.to_valkey.swallow()
    house.sleep(4.0)
    house.to_valkey.heal()


def cut_postgres(house: House) -> None:
    """Reset every connection to PostgreSQL, and every new one, for three seconds."""
    house.to_postgres.cut()
    house.sleep(3.0)
    house.to_postgres.heal()


def swallow_postgres(house: House) -> None:
    """Let PostgreSQL's network swallow every byte for four seconds."""
    house.to_postgres.swallow()
    house.sleep(4.0)
    house.to_postgres.heal()


DRILLS = (
    Drill(name="A1", says="no fault", fault=nothing, p99=3.0),
    Drill(name="A2", says="a worker's child is killed each second, 4 times", fault=worker_children),
    Drill(name="A3", says="the worker is killed for 1.5 s", fault=worker),
    Drill(name="A4", says="the web process is killed twice", fault=web, answers=GONE),
    Drill(name="A5", says="Valkey is killed for 2 s and comes back empty", fault=valkey),
    Drill(name="A6", says="Valkey forgets everything, 5 times", fault=flush),
    Drill(name="A7", says="PostgreSQL is killed for 1 s", fault=postgres, answers=AWAY),
    Drill(name="A8", says="relay and beat are killed for 3 s", fault=relay_and_beat),
    Drill(name="A9", says="web, relay and worker are restarted politely", fault=deploy, answers=AWAY),
    Drill(name="A10", says="everything is killed at once, servers included", fault=everything, answers=AWAY),
    Drill(name="B3", says="Valkey's connections are reset for 3 s", fault=cut_valkey),
    Drill(name="B4", says="Valkey's network swallows every byte for 4 s", fault=swallow_valkey),
    Drill(name="B5", says="PostgreSQL's connections are reset for 3 s", fault=cut_postgres, answers=AWAY),
    Drill(name="B6", says="PostgreSQL's network swallows every byte for 4 s", fault=swallow_postgres, answers=AWAY),
)

"""The programs of the house on a database of a benchmark, as `up` starts them."""

from __future__ import annotations

import sys

from hub.embedded import ports, readiness
from tests.bench.ground import Ground, Program, wait_until
from tests.faults.house import QUEUES

SERVE = ["--no-access-log", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "3"]
NODE = "novelo-bench@localhost"


def serve(ground: Ground, application: str, name: str, **env: str) -> tuple[Program, int]:
    """Serve an ASGI application with the flags of the house; return the program and its port."""
    port = ports.quiet_port()
    words = [sys.executable, "-m", "uvicorn", application, "--host", "127.0.0.1", "--port", str(port), *SERVE]
    program = ground.program(name, words, **env)
    program.wait_for_port(port)
    return program, port


class House:
    """Web, worker, relay and beat; ``port`` is the web's."""

    def __init__(self, ground: Ground, url: str, *, beat: bool = True) -> None:
        python, self.port = sys.executable, ports.quiet_port()
        env = {"DATABASE_URL": url, "PUBLIC_URL": f"http://127.0.0.1:{self.port}"}
        web = ["uvicorn", "hub.asgi:application", "--host", "127.0.0.1", "--port", str(self.port), *SERVE]
        worker = ["celery", "-q", "-A", "hub", "worker", "-c", "2", "-Q", QUEUES, "-n", NODE, "--loglevel", "WARNING"]
        clock = ["celery", "-q", "-A", "hub", "beat", "-s", str(ground.home / "beat"), "--pidfile="]
        self.parts = {
            "web": ground.program("web", [python, "-m", *web], **env),
            "worker": ground.program("worker", [python, "-m", *worker], **env),
            "relay": ground.program("relay", [python, "-m", "conversations.relay"], **env),
        }
        if beat:
            self.parts["beat"] = ground.program("beat", [python, "-m", *clock, "--loglevel", "WARNING"], **env)
        self.parts["web"].wait_for_port(self.port)
        wait_until(readiness.Web(self.port, env["PUBLIC_URL"]), 60, "web")
        wait_until(readiness.Worker(ground.env["REDIS_URL"], NODE), 60, "worker")

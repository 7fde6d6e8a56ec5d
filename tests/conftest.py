"""The ground every test stands on: real servers started once, settings for tests, no way off this machine.

The servers start before Django reads its settings, which is why this happens at import and not in a fixture: other
conftests import models, and pytest-django hands us the settings only after them.
"""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import django

from hub.embedded import ports
from hub.embedded.postgres import Postgres
from hub.embedded.valkey import Valkey
from hub.translations import compile_catalogs

if TYPE_CHECKING:
    from collections.abc import Callable

WORKER = os.environ.get("PYTEST_XDIST_WORKER")


class LeftTheMachineError(RuntimeError):
    """A test dialed an address outside this machine; no product code may take this for a network that is down."""


def start_servers() -> None:
    """Start the servers the environment does not name, once a run: workers inherit the environment of the controller."""
    compile_catalogs(Path(__file__).resolve().parents[1])
    home = Path(tempfile.mkdtemp(prefix="novelo-tests-"))
    os.environ["NOVELO_DATA_DIR"] = str(home)  # never the data of a running `up`
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    if "DATABASE_URL" not in os.environ:
        postgres = Postgres(home / "postgres", ports.quiet_port(), durable=False)
        os.environ["DATABASE_URL"] = postgres.start()
        atexit.register(postgres.stop)
    if "REDIS_URL" not in os.environ:
        valkey = Valkey(home / "valkey", ports.quiet_port(), persistent=False)
        os.environ["REDIS_URL"] = valkey.start()
        atexit.register(valkey.stop)


def take_own_broker(worker: str) -> None:
    """Give a parallel worker its own Valkey database, as pytest-django gives it its own PostgreSQL database."""
    number = int(worker.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()


def only_this_machine(connect: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``socket.connect`` so that it refuses every address but loopback ones and files."""

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(address[0]):
            message = f"This test dialed {address[0]}: only 127.0.0.0/8 and ::1 are this machine."
            raise LeftTheMachineError(message)
        return connect(self, address)

    return guarded


def is_loopback(host: str) -> bool:
    """Say whether ``host``, a name or an address, can only mean this machine."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


os.environ["NOVELO_ENV"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
if WORKER:
    take_own_broker(WORKER)
else:
    start_servers()
socket.socket.connect = only_this_machine(socket.socket.connect)  # type: ignore[method-assign]
socket.socket.connect_ex = only_this_machine(socket.socket.connect_ex)  # type: ignore[method-assign]
django.setup()

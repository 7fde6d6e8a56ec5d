"""The ground every test stands on: real servers of its own, settings for tests, no way off this machine.

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

import django
import hypothesis
import pytest
from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations

from hub.embedded import ports
from hub.embedded.postgres import Postgres
from hub.embedded.valkey import Valkey
from hub.translations import compile_catalogs

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = "NOVELO_TEST_SERVERS"  # names the servers a controller started, so that its workers know them from given ones


class LeftTheMachineError(RuntimeError):
    """A test dialed an address outside this machine; no product code may take this for a network that is down."""


def start_servers() -> None:
    """Start the servers the environment does not name, for this process alone.

    A parallel worker does not share the controller's: transaction numbers, published words and FLUSHALL know no database,
    so two workers on one server would see each other.
    """
    for name in os.environ.pop(OURS, "").split():
        del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="novelo-tests-"))
    os.environ["NOVELO_DATA_DIR"] = str(home)  # never the data of a running `up`
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    servers: dict[str, Postgres | Valkey] = {
        "DATABASE_URL": Postgres(home / "postgres", ports.quiet_port(), durable=False),
        "REDIS_URL": Valkey(home / "valkey", ports.quiet_port(), persistent=False),
    }
    ours = [name for name in servers if name not in os.environ]
    for name in ours:
        os.environ[name] = servers[name].start()
        atexit.register(servers[name].stop)
    os.environ[OURS] = " ".join(ours)


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


def pytest_configure(config: pytest.Config) -> None:
    """Leave the test's database in a server that is thrown away with it: a late connection cannot make that fail."""
    if "DATABASE_URL" in os.environ[OURS]:
        config.option.reuse_db = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let browser tests come last: Playwright leaves a running event loop in its thread, where no other can start."""
    items.sort(key=lambda item: item.nodeid.startswith("tests/browser/"))


def empty_tables(self: DatabaseOperations, _style: object, tables: list[str], **_options: object) -> list[str]:
    """Return what empties the database after a test that committed: deleting a few rows is far faster than TRUNCATE."""
    deletes = [f"DELETE FROM {self.quote_name(table)}" for table in tables]
    return ["SET session_replication_role = replica", *deletes, "SET session_replication_role = DEFAULT"]


# A busy machine is no failure; and a verdict of CI does not depend on the day's examples, a person's run looks for new ones.
hypothesis.settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("house")
os.environ["NOVELO_ENV"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
if "PYTEST_XDIST_WORKER" not in os.environ:
    compile_catalogs(Path(__file__).resolve().parents[1])
start_servers()
socket.socket.connect = only_this_machine(socket.socket.connect)  # type: ignore[method-assign]
socket.socket.connect_ex = only_this_machine(socket.socket.connect_ex)  # type: ignore[method-assign]
django.setup()
DatabaseOperations.sql_flush = empty_tables  # type: ignore[method-assign]
flush.emit_post_migrate_signal = lambda *_, **__: None  # nobody here asks for permissions or content types
# Django has its settings. A worker that inherits their name would read its own before this file chose its servers.
del os.environ["DJANGO_SETTINGS_MODULE"]

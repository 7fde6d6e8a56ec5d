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
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import hypothesis
import pytest
from django.db import transaction

from hub.embedded import ports
from hub.embedded.postgres import Postgres
from hub.embedded.valkey import Valkey
from hub.translations import compile_catalogs
from tests import emptied, migrated, quick_passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django import DjangoDbBlocker

OURS = "NOVELO_TEST_SERVERS"  # names the servers a controller started, so that its workers know them from given ones


class LeftTheMachineError(RuntimeError):
    """A test dialed an address outside this machine; no product code may take this for a network that is down."""


def choose_servers() -> Callable[[], None]:
    """Start a broker for this process alone, and name the database; what is returned starts it.

    A parallel worker does not share the controller's: transaction numbers, published words and FLUSHALL know no database,
    so two workers on one server would see each other. Servers the environment names are used as they are.
    """
    for name in os.environ.pop(OURS, "").split():
        del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="novelo-tests-"))
    os.environ["NOVELO_DATA_DIR"] = str(home)  # never the data of a running `up`
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    ours = [name for name in ("DATABASE_URL", "REDIS_URL") if name not in os.environ]
    if "REDIS_URL" in ours:
        broker = Valkey(home / "valkey", ports.quiet_port(), persistent=False)
        os.environ["REDIS_URL"] = broker.start()
        atexit.register(broker.stop)
    start = choose_database(home / "postgres") if "DATABASE_URL" in ours else lambda: None
    os.environ[OURS] = " ".join(ours)
    return start


def choose_database(home: Path) -> Callable[[], None]:
    """Name a migrated database of our own, which may have to be made first; return what waits for it and starts it."""
    port = ports.quiet_port()
    held = socket.create_server(("127.0.0.1", port))  # nobody else takes it meanwhile
    atexit.register(held.close)  # a controller of workers starts nothing
    server = Postgres(home, port, durable=False)
    os.environ["DATABASE_URL"] = migrated.url(port)
    making = migrated.begin()

    def start() -> None:
        if making:
            making.wait()
        migrated.copy_to(home)
        held.close()
        atexit.register(server.stop)
        server.start()

    return start


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


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the database, before the first test."""
    if not session.config.option.collectonly:
        start_database()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let browser tests come last: Playwright leaves a running event loop in its thread, where no other can start.

    Those of the files that are fullest in this run begin, or its end would be one worker's while the others have nothing left.
    """
    sizes = Counter(item.path for item in items)

    def place(item: pytest.Item) -> tuple[int, int, str]:
        return (1, -sizes[item.path], item.path.name) if item.nodeid.startswith("tests/browser/") else (0, 0, "")

    items.sort(key=place)


# A busy machine is no failure; and a verdict of CI does not depend on the day's examples, a person's run looks for new ones.
hypothesis.settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("house")
os.environ["NOVELO_ENV"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
if "PYTEST_XDIST_WORKER" not in os.environ:
    compile_catalogs(Path(__file__).resolve().parents[1])
start_database = choose_servers()
socket.socket.connect = only_this_machine(socket.socket.connect)  # type: ignore[method-assign]
socket.socket.connect_ex = only_this_machine(socket.socket.connect_ex)  # type: ignore[method-assign]
django.setup()
quick_passwords.use()
emptied.use()
# Django has its settings. A worker that inherits their name would read its own before this file chose its servers.
del os.environ["DJANGO_SETTINGS_MODULE"]

if "DATABASE_URL" in os.environ[OURS]:

    @pytest.fixture(scope="session")
    def django_db_setup() -> None:
        """Take our own server's database as it is. In a given server pytest-django makes one beside what is there."""


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database for fixtures of a module: each of its tests finds their rows as they were made, nobody after the last.

    A world that many tests read is so made once. It is never committed: no test of the module may be transactional.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)

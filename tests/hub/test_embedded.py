"""The servers `up` brings along: they start, keep their data, come back after a kill, and nobody else gets in."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from hub.embedded import account, ports, process, run_state
from hub.embedded.postgres import Postgres
from hub.embedded.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A database server of these tests alone, on data made once, below a folder that other users cannot enter."""
    server = Postgres(tmp_path_factory.mktemp("servers") / "postgres", ports.quiet_port(), durable=False)
    yield server
    server.stop()


@pytest.fixture
def postgres(cluster: Postgres) -> Postgres:
    """That server, running, whatever the test before did to it."""
    cluster.start()
    return cluster


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey server of this test alone."""
    server = Valkey(tmp_path / "valkey", ports.quiet_port())
    server.start()
    yield server
    server.stop()


def remember(url: str) -> None:
    """Commit one row in a new table."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('fio')")


def remembered(url: str) -> list[tuple[str]]:
    """Return the rows of that table."""
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT word FROM kept").fetchall()


def mode(path: Path) -> str:
    """Return the permissions of a file as in ``ls -l``."""
    return stat.filemode(path.stat().st_mode)


def test_it_starts_a_database_that_speaks_portuguese(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        assert connection.info.server_version // 10000 == 18
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SELECT datlocale FROM pg_database WHERE datname = 'novelo'").fetchone() == (
            "C.UTF-8",
        )
        assert connection.execute("SELECT to_tsvector('portuguese', 'ações')").fetchone() == ("'açõ':1",)
        assert connection.execute("SELECT lower('ÇÃO')").fetchone() == ("ção",)


def test_it_keeps_the_database_between_starts(postgres: Postgres) -> None:
    remember(postgres.url)
    postgres.stop()
    assert not postgres.is_ready()
    assert remembered(postgres.start()) == [("fio",)]


def test_it_brings_the_database_back_after_a_kill(postgres: Postgres) -> None:
    remember(postgres.url)
    postgres.kill()
    assert not postgres.is_ready()
    assert remembered(postgres.start()) == [("fio",)]


def test_it_ends_a_database_server_somebody_left_behind(postgres: Postgres) -> None:
    remember(postgres.url)
    second = Postgres(postgres.home, ports.quiet_port(), durable=False)
    assert remembered(second.start()) == [("fio",)]
    assert not postgres.is_ready()
    second.stop()


def test_it_does_not_believe_a_mark_left_by_a_dead_server(postgres: Postgres) -> None:
    postgres.stop()
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")
    postgres.start()
    assert postgres.is_ready()


def test_it_lets_nobody_in_without_the_password(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://novelo:wrong@127.0.0.1:{postgres.port}/novelo")
    assert mode(postgres.home / "password") == "-rw-------"
    assert mode(postgres.data) == "drwx------"


def test_it_listens_on_this_machine_only(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)


def test_it_says_in_one_sentence_why_the_database_did_not_start(postgres: Postgres) -> None:
    postgres.stop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Postgres(postgres.home, taken.getsockname()[1], durable=False)
        with pytest.raises(process.NotStartedError, match="another program listens there"):
            server.start()
    assert process.at_home_in(server.data, "postgres") == []


def test_it_runs_the_database_as_its_owner_who_is_never_root_and_opens_no_folder(postgres: Postgres) -> None:
    assert postgres.process
    (home,) = {found.uids().real for found in process.at_home_in(postgres.data, "postgres")}
    assert home == account.owner_of(postgres.data).uid != 0
    assert mode(postgres.home) == "drwx------"
    assert mode(postgres.home.parent) == "drwx------"


def test_it_copies_programs_for_root_that_the_other_user_cannot_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not account.is_open_to_all(tmp_path)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr("hub.embedded.postgres.BINARIES_OF_ROOT", Path(folder))
        monkeypatch.setattr(account, "is_open_to_all", lambda _: False)
        server = Postgres(tmp_path / "postgres", ports.quiet_port(), durable=False)
        server.start()
        (found, *_) = process.at_home_in(server.data, "postgres")
        assert found.exe().startswith(f"{folder}/embedded-postgres-") is (os.geteuid() == 0)
        server.stop()


def test_it_starts_a_broker_that_keeps_what_it_was_told(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        assert client.set("thread", "wound")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    valkey.stop()
    assert not valkey.is_ready()
    with redis.Redis.from_url(valkey.start()) as client:
        assert client.get("thread") == b"wound"


def test_it_lets_nobody_near_the_broker_without_the_password(valkey: Valkey) -> None:
    assert valkey.process
    with redis.Redis(port=valkey.port or 0) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    assert mode(valkey.home / "valkey.conf") == "-rw-------"
    shown = subprocess.run(
        ["ps", "-o", "args=", "-p", str(valkey.process.pid)], capture_output=True, text=True, check=True
    )
    assert "requirepass" not in shown.stdout


def test_it_starts_the_broker_empty_when_its_file_is_broken(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.set("thread", "wound")
    valkey.kill()
    for file in (valkey.home / "appendonlydir").glob("*.incr.aof"):
        file.write_bytes(b"*3\r\n$3\r\nnonsense")
    with redis.Redis.from_url(valkey.start()) as client:
        assert client.get("thread") is None
    assert (valkey.home / "appendonlydir.broken").is_dir()


def test_it_ends_a_server_when_the_one_that_started_it_dies(tmp_path: Path) -> None:
    program = (
        "import sys, os, signal; from pathlib import Path; from hub.embedded.valkey import Valkey; from hub.embedded import ports;"
        "Valkey(Path(sys.argv[1]), ports.quiet_port()).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path / "valkey")], check=False)
    assert ended.returncode == -signal.SIGKILL
    left = process.at_home_in(tmp_path / "valkey", "valkey-server")
    process.put_down(left, signal.SIGCONT, 5.0)  # waits for those that were already asked to go
    assert process.at_home_in(tmp_path / "valkey", "valkey-server") == []


def test_it_takes_the_next_port_when_the_usual_one_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert ports.free_port(port) > port
    assert ports.free_port(port) == port


def test_it_tells_where_the_servers_of_a_running_up_are(tmp_path: Path) -> None:
    assert run_state.read(tmp_path) is None
    run_state.write(tmp_path, {"DATABASE_URL": "postgresql://here"})
    found = run_state.read(tmp_path)
    assert found
    assert found["DATABASE_URL"] == "postgresql://here"
    assert found["pid"] == str(os.getpid())
    assert mode(tmp_path / "run.json") == "-rw-------"
    run_state.clear(tmp_path)
    assert run_state.read(tmp_path) is None


def test_it_does_not_believe_what_a_killed_up_left_behind(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from hub.embedded import run_state;"
        "run_state.write(Path(sys.argv[1]), {'REDIS_URL': 'redis://gone'})"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert run_state.read(tmp_path) is None
    left = run_state.last(tmp_path)
    assert left
    assert left["REDIS_URL"] == "redis://gone"


def test_it_makes_the_secrets_of_the_data_once(tmp_path: Path) -> None:
    made = run_state.secrets(tmp_path / "data")
    assert run_state.secrets(tmp_path / "data") == made
    assert len(made["ENCRYPTION_KEYS"]) == 44
    assert mode(tmp_path / "data" / "secrets.json") == "-rw-------"
    assert made != run_state.secrets(tmp_path / "other")

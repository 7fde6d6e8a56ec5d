"""Starting, finding and ending processes so that none outlives the one that started it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from typing import IO, TYPE_CHECKING

import psutil

from hub.embedded import ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from hub.embedded.account import Account

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 8 * 1024 * 1024  # bytes; a larger log is put aside at the next start, one generation is kept


class NotStartedError(Exception):
    """A server did not start; the message is one sentence for the person at the terminal."""


def spawn(  # noqa: PLR0913  these are the things a process has
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    output: int | IO[bytes],
    errors: int = subprocess.STDOUT,
    account: Account | None = None,
    pass_fds: Sequence[int] = (),
    cwd: Path | str = "/",
    at_our_death: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start ``command`` as the leader of its own session, with an empty input; errors go with the output if not told otherwise.

    With ``account`` it runs as that user (we must be root). Where the kernel can (Linux), it is sent ``at_our_death``
    should we die without stopping it.
    """
    return subprocess.Popen(
        command,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        cwd=cwd,
        start_new_session=True,
        pass_fds=tuple(pass_fds),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_follow(at_our_death),  # noqa: PLW1509  two system calls, no lock, nothing imported
    )


def _follow(at_our_death: signal.Signals) -> Callable[[], None] | None:
    """Return what a child does before it becomes the command: ask for a signal at its parent's death.

    The kernel means the parent *thread*. So only a child of the main thread asks, or it would end with a helper thread.
    Changing the user clears the wish, which is why it is made after that.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is None or threading.current_thread() is not threading.main_thread():
        return None
    parent = os.getpid()

    def follow() -> None:
        prctl(PR_SET_PDEATHSIG, int(at_our_death))
        if os.getppid() != parent:  # it died before we could ask
            os.kill(os.getpid(), at_our_death)

    return follow


def end(process: subprocess.Popen[bytes], steps: Iterable[tuple[signal.Signals, float]]) -> bool:
    """End ``process`` by the given (signal, seconds to wait), then kill its whole group; say whether it went by itself."""
    went = process.poll() is not None
    for name, seconds in steps:
        if went:
            break
        process.send_signal(name)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            went = True
    kill_group(process)
    process.wait()
    return went


def ending(code: int) -> str:
    """Say how a process ended, from its return code as ``Popen`` gives it."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the group ``process`` leads: a leader that died may leave children behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
        os.killpg(process.pid, signal.SIGKILL)


def at_home_in(folder: Path, name: str) -> list[psutil.Process]:
    """Return every process called ``name`` whose working directory is ``folder``, oldest first.

    PostgreSQL and Valkey move into their data directory, so this finds the servers of that data and no others,
    whoever started them and however long ago.
    """
    home = str(folder.resolve())
    return sorted(
        (found for found in psutil.process_iter(["name", "cwd"]) if found.info == {"name": name, "cwd": home}),
        key=lambda found: (found.create_time(), found.pid),
    )


def marked_with(variable: str, value: str) -> list[psutil.Process]:
    """Return every other process that was started with ``variable=value`` in its environment: ours beyond doubt."""
    return [
        found
        for found in psutil.process_iter(["environ"])
        if (found.info["environ"] or {}).get(variable) == value and found.pid != os.getpid()
    ]


def put_down(processes: Sequence[psutil.Process], polite: signal.Signals, seconds: float) -> None:
    """End processes that are not our children: ``polite`` to all, and after ``seconds`` a kill to those still there."""
    for name, wait in ((polite, seconds), (signal.SIGKILL, 5.0)):
        for found in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                found.send_signal(name)
        _, processes = psutil.wait_procs(list(processes), timeout=wait)


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for ``ready`` while ``process`` lives; False when it died or ``seconds`` are over."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and process.poll() is None:
        if ready():
            return True
        time.sleep(0.05)
    return False


def open_log(path: Path) -> IO[bytes]:
    """Open a log of a server for appending, readable by its owner only; a large one is put aside first."""
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".1.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def last_words(path: Path, lines: int = 3) -> str:
    """Return the end of a log in one line, for the sentence that says why a server did not start."""
    text = path.read_text(errors="replace") if path.exists() else ""
    return " | ".join(line.strip() for line in text.splitlines()[-lines:] if line.strip()) or "it said nothing"


def why(server: str, port: int, log: Path) -> str:
    """Return the sentence for a server that did not start."""
    reason = last_words(log) if ports.is_free(port) else "another program listens there"
    return f"{server} did not start on port {port}: {reason}"

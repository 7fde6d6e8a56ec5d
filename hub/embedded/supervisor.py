"""Keeps the parts of `up` alive: reads what they say, starts the dead again, stops all in order."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Protocol

from hub.embedded import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from hub.embedded.voice import Voice

QUICK = 10.0  # seconds; a part that dies younger may never live
TRIES = 5  # quick deaths in a row until a part is given up
LONGEST_PAUSE = 30.0  # seconds between two starts of the same part
TICK = 0.2  # seconds


class Part(Protocol):
    """What the supervisor asks of a part; the embedded servers and ``Program`` answer it."""

    name: str
    process: subprocess.Popen[bytes] | None

    def start(self) -> object:
        """Start it, or raise ``NotStartedError``."""

    def stop(self) -> None:
        """Stop it within its time, or end it."""

    def is_ready(self) -> bool:
        """Say whether it can do its work now."""


@dataclass
class Program:
    """A part that is a command of the house: its output is read, its whole group ends with it."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    stop_seconds: float = 5.0
    ready: Callable[[], bool] = field(default=lambda: True)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the command."""
        self.process = process.spawn(
            self.command, env=self.env, cwd=self.cwd, output=subprocess.PIPE, errors=subprocess.PIPE
        )

    def stop(self) -> None:
        """Ask the command to end, wait, then kill what is left of its group."""
        if self.process:
            process.end(self.process, [(signal.SIGTERM, self.stop_seconds)])

    def is_ready(self) -> bool:
        """Say whether the command lives and its own test passes."""
        return self.process is not None and self.process.poll() is None and self.ready()


@dataclass
class Watch:
    """How a part fares: when it started, how often it died young in a row, when it is due again."""

    part: Part
    started: float
    deaths: int = 0
    due: float | None = None
    given_up: bool = False


class Supervisor:
    """Watches parts in the thread that calls it.

    ``stopping`` set to True, by a signal, ends every wait; so does ``told_to_stop``, which is asked at every tick.
    """

    def __init__(self, voice: Voice, told_to_stop: Callable[[], bool] | None = None) -> None:
        self.voice = voice
        self.told_to_stop = told_to_stop or (lambda: False)
        self.watches: dict[str, Watch] = {}
        self.stopping = False
        self._outputs = selectors.DefaultSelector()

    def start(self, part: Part) -> None:
        """Start ``part`` and watch it from now on. Raises ``NotStartedError`` at its first start only."""
        watch = Watch(part, time.monotonic())
        part.start()
        self.watches[part.name] = watch
        self._listen(part)

    def run(self, program: Program, heard: list[str] | None = None) -> None:
        """Start ``program`` without watching over it: a step with an end. Its lines go to ``heard`` if that is given."""
        program.start()
        self._listen(program, heard)

    def finish(self, programs: Iterable[Program]) -> list[Program]:
        """Wait for steps to end and return those that failed; when we are stopping, end them."""
        programs = list(programs)
        running = [program.process for program in programs if program.process]
        while not self.stopping and any(found.poll() is None for found in running):
            self.tick()
        for program in programs:
            program.stop()
        self._hear()
        return [program for program in programs if program.process and program.process.returncode != 0]

    def wait_until_ready(self, seconds: float) -> list[str]:
        """Wait until every part is ready; return the names of those that are not after ``seconds``."""
        limit = time.monotonic() + seconds
        waiting = dict(self.watches)
        while waiting and not self.stopping and time.monotonic() < limit:
            self.tick()
            waiting = {name: watch for name, watch in waiting.items() if not (watch.given_up or watch.part.is_ready())}
        return [name for name, watch in self.watches.items() if watch.given_up or name in waiting]

    def watch(self) -> None:
        """Watch until we are stopping."""
        while not self.stopping:
            self.tick()

    def tick(self, seconds: float = TICK) -> None:
        """Pass on what the parts say for up to ``seconds``, notice who died, start who is due."""
        self._hear(seconds)
        self.stopping = self.stopping or self.told_to_stop()
        now = time.monotonic()
        for watch in self.watches.values():
            found = watch.part.process
            if watch.given_up or self.stopping:
                continue
            if watch.due is not None:
                if now >= watch.due:
                    self._again(watch)
            elif found is not None and found.poll() is not None:
                process.kill_group(found)
                self._died(watch, process.ending(found.returncode))

    def stop(self, order: Sequence[str]) -> None:
        """Stop the parts named in ``order``, then any other; say who had to be killed."""
        self.stopping = True
        named = [self.watches[name] for name in order if name in self.watches]
        for watch in [*named, *(watch for watch in self.watches.values() if watch not in named)]:
            watch.part.stop()
            self._hear()
            self.voice.say(watch.part.name, "stopped")

    def _died(self, watch: Watch, how: str) -> None:
        """Decide when a dead part starts again, or that it does not."""
        quick = time.monotonic() - watch.started < QUICK
        watch.deaths = watch.deaths + 1 if quick else 1
        if watch.deaths >= TRIES:
            watch.given_up = True
            line = f"{how}, {TRIES} times in a row within {QUICK:.0f} s of its start: it stays down, the others go on"
            self.voice.say(watch.part.name, line)
            return
        pause = min(2.0 ** (watch.deaths - 1), LONGEST_PAUSE)
        watch.due = time.monotonic() + pause
        self.voice.say(watch.part.name, f"{how}; starting it again in {pause:.0f} s")

    def _again(self, watch: Watch) -> None:
        """Start a dead part again."""
        watch.due, watch.started = None, time.monotonic()
        try:
            watch.part.start()
        except process.NotStartedError as error:
            self._died(watch, str(error))
        else:
            self._listen(watch.part)

    def _listen(self, part: Part, heard: list[str] | None = None) -> None:
        """Read from now on what ``part`` says; a server that writes a log of its own says nothing here."""
        if part.process is None:
            return
        for pipe, sink in ((part.process.stdout, heard), (part.process.stderr, None)):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._outputs.register(pipe, selectors.EVENT_READ, _Ear(part.name, pipe, sink))

    def _hear(self, seconds: float = 0.0) -> None:
        """Pass on every whole line that is there, waiting up to ``seconds`` for the first."""
        if not self._outputs.get_map():
            time.sleep(seconds)
            return
        while ready := self._outputs.select(seconds):
            seconds = 0.0
            for key, _ in ready:
                ear: _Ear = key.data
                for line in ear.lines():
                    if ear.heard is None:
                        self.voice.say(ear.name, line)
                    else:
                        ear.heard.append(line)
                if ear.closed:
                    self._outputs.unregister(ear.pipe)
                    ear.pipe.close()


@dataclass
class _Ear:
    """One output of one part, and the unfinished line read from it so far."""

    name: str
    pipe: IO[bytes]
    heard: list[str] | None
    rest: bytes = b""
    closed: bool = False

    def lines(self) -> list[str]:
        """Return the lines finished by what can be read now; at the end also an unfinished one."""
        try:
            chunk = os.read(self.pipe.fileno(), 65_536)
        except BlockingIOError:
            return []
        self.closed = not chunk
        *whole, self.rest = (self.rest + chunk).split(b"\n")
        if self.closed or len(self.rest) > 65_536:
            whole, self.rest = [*whole, self.rest], b""
        return [text for line in whole if (text := line.decode(errors="replace").rstrip())]

"""Runs the simulator's Graph on a loopback port: in a running event loop, or in a thread of its own for tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.bodies import Content
from simulator.graph import CLOSE_EXTENSION, Graph, Neighbor
from simulator.parties import BusinessNumber, Person
from simulator.social import Social
from simulator.social_api import SocialApi
from simulator.social_bodies import SocialAccount, SocialPerson
from simulator.social_mentions import SocialMention
from simulator.switches import Control, Switches
from simulator.twilio import Twilio, TwilioNumber
from simulator.twilio_api import TwilioApi
from simulator.whatsapp import SentMessage, WhatsApp

HOST = "127.0.0.1"


class ClosableProtocol(H11Protocol):
    """HTTP whose connection the application may close without a byte of answer: how a reply gets lost."""

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        """Hand the connection's close to the application with every request."""
        super().connection_made(transport)
        inner = cast("Callable[..., Awaitable[None]]", self.app)

        async def app(scope: dict[str, Any], receive: object, send: object) -> None:
            scope.setdefault("extensions", {})[CLOSE_EXTENSION] = transport.close
            await inner(scope, receive, send)

        self.app = app


class _Server(uvicorn.Server):
    """uvicorn that leaves the signals to the process it runs in, and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(graph: Graph, port: int = 0) -> AsyncIterator[str]:
    """Serve ``graph`` on 127.0.0.1 and give its base URL; port 0 takes a free one. Raises ``OSError`` for a taken port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        config = uvicorn.Config(
            graph, http=ClosableProtocol, ws="none", lifespan="off", log_config=None, access_log=False,
            timeout_graceful_shutdown=1, timeout_keep_alive=30, server_header=False,
        )  # fmt: skip
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await server.up.wait()
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            graph.close()
            server.should_exit = True
            await running


class RunningSimulator:
    """A simulator in its own thread: its ``url`` (for ``GRAPH_API_URL``) and calls that may come from any thread."""

    def __init__(
        self, url: str, whatsapp: WhatsApp, loop: asyncio.AbstractEventLoop, twilio: Twilio, social: Social
    ) -> None:
        self.url = url
        self.whatsapp = whatsapp
        self.twilio = twilio
        self.social = social
        self._loop = loop

    @property
    def sent(self) -> list[SentMessage]:
        """What the business sent so far, oldest first."""
        return list(self.whatsapp.sent)

    def serve(self, numbers: Iterable[BusinessNumber]) -> None:
        """Play for these numbers from now on. Raises ``NotLoopbackError``."""
        self._call(self.whatsapp.serve, tuple(numbers))

    def switch(self, **switches: object) -> None:
        """Set switches by their names. Raises ``BadSwitchError``."""
        self._call(self.whatsapp.control.change, switches)

    def say(self, number: BusinessNumber, person: Person, content: Content, **more: Any) -> str:
        """Let a customer write and return the message id; ``more`` as for ``WhatsApp.say``."""
        return cast("str", self._call(lambda: self.whatsapp.say(number, person, content, **more)))

    def text(self, number: TwilioNumber, person: str, text: str = "", **more: Any) -> str:
        """Let somebody write to a number at Twilio and return the message id; ``more`` as for ``Twilio.say``."""
        return cast("str", self._call(lambda: self.twilio.say(number, person, text, **more)))

    def write(self, account: SocialAccount, person: SocialPerson, text: str = "", **message: Any) -> str:
        """Let somebody write to an Instagram account or a page and return the message id; as ``Social.say``."""
        return cast("str", self._call(lambda: self.social.say(account, person, text, **message)))

    def happen(self, account: SocialAccount, person: SocialPerson, **parts: Any) -> None:
        """Let an event happen between an account and a person; as ``Social.happen``."""
        self._call(lambda: self.social.happen(account, person, **parts))

    def comment(self, account: SocialAccount, person: SocialPerson, text: str) -> str:
        """Let somebody comment on a post and return the comment's id."""
        return cast("str", self._call(lambda: self.social.comment(account, person, text)))

    def mention(self, account: SocialAccount, person: SocialPerson, text: str, **about: Any) -> SocialMention:
        """Let somebody name an Instagram account in public; as ``Social.mention``."""
        return cast("SocialMention", self._call(lambda: self.social.mention(account, person, text, **about)))

    def drain(self, seconds: float = 10.0) -> bool:
        """Wait until every webhook was taken, late duplicates included; return whether they were."""

        async def both() -> bool:
            parts = (self.whatsapp, self.twilio.callbacks, self.social)
            return all([await part.drain(seconds) for part in parts])

        return asyncio.run_coroutine_threadsafe(both(), self._loop).result(3 * seconds + 5)

    def reset(self) -> None:
        """Forget what was sent, what waits and every changed switch."""
        for part in (self.whatsapp, self.twilio, self.social):
            asyncio.run_coroutine_threadsafe(part.reset(), self._loop).result(10)

    def _call(self, call: Callable[..., object], *arguments: object) -> object:
        async def inside() -> object:
            return call(*arguments)

        return asyncio.run_coroutine_threadsafe(inside(), self._loop).result(10)


@contextlib.contextmanager
def running(
    numbers: Iterable[BusinessNumber] = (),
    *,
    switches: Switches | None = None,
    seed: int = 1,
    port: int = 0,
    twilio: Iterable[TwilioNumber] = (),
    social: Iterable[SocialAccount] = (),
) -> Iterator[RunningSimulator]:
    """Run WhatsApp and Graph, with Twilio, Instagram and Messenger beside, without customers, in a thread until the block ends."""
    ready = threading.Event()
    handle: list[RunningSimulator] = []
    failure: list[BaseException] = []
    stop = asyncio.Event()

    async def main() -> None:
        whatsapp = WhatsApp(numbers, control=Control(switches, seed=seed), seed=seed)
        network = Twilio(twilio, control=whatsapp.control, seed=seed)
        talks = Social(social, control=whatsapp.control, seed=seed)
        try:
            neighbors: list[Neighbor] = [TwilioApi(network), SocialApi(talks)]
            async with served(Graph(whatsapp, seed=seed, neighbors=neighbors), port) as url:
                network.base = talks.base = url
                handle.append(RunningSimulator(url, whatsapp, asyncio.get_running_loop(), network, talks))
                ready.set()
                await stop.wait()
        finally:
            await network.callbacks.close()
            await talks.close()
            await whatsapp.close()

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as problem:
            failure.append(problem)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="simulator", daemon=True)
    thread.start()
    ready.wait(10)
    if failure:
        raise failure[0]
    try:
        yield handle[0]
    finally:
        handle[0]._loop.call_soon_threadsafe(stop.set)
        thread.join(10)
    if failure:
        raise failure[0]

"""The whole simulator as one process: Graph on a port, customers once the hub is ready, until a signal."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from typing import Any

import httpx2

from simulator.customers import Customers
from simulator.graph import Graph, Neighbor
from simulator.loopback import loopback_url
from simulator.parties import BusinessNumber
from simulator.serving import served
from simulator.social import Social
from simulator.social_api import SocialApi
from simulator.social_bodies import SocialAccount
from simulator.social_customers import SocialCustomers
from simulator.switches import Control, Switches
from simulator.talks import Crowd
from simulator.twilio import Twilio, TwilioNumber
from simulator.twilio_api import TwilioApi
from simulator.twilio_customers import TwilioCustomers
from simulator.whatsapp import WhatsApp

LOOK_AGAIN = 10.0

Announce = Callable[[str], object]
ReadNumbers = Callable[[], Sequence[BusinessNumber]]
ReadAccounts = Callable[[], Sequence[SocialAccount]]
ReadTwilio = Callable[[], Sequence[TwilioNumber]]


def play(  # noqa: PLR0913  what may differ between starts
    read_numbers: ReadNumbers,
    *,
    hub_url: str,
    port: int = 0,
    seed: int = 1,
    rate: float = 2.0,
    switches: Switches | None = None,
    announce: Announce = print,
    read_accounts: ReadAccounts = tuple,
    read_twilio: ReadTwilio = tuple,
) -> None:
    """Run until SIGTERM or SIGINT.

    ``read_numbers``, ``read_accounts`` (of Instagram and Messenger) and ``read_twilio`` are called in a thread once the hub
    is ready and every ten seconds. ``rate`` is how many talks begin a minute; at 0 no customers write.
    Raises ``NotLoopbackError`` when the hub is not on this machine and ``OSError`` when the port is taken.
    """
    hub_url = loopback_url(hub_url).rstrip("/")

    async def main() -> None:
        stop = asyncio.Event()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
        whatsapp = WhatsApp(control=Control(switches, seed=seed), seed=seed)
        social = Social(control=whatsapp.control, seed=seed)
        twilio = Twilio(control=whatsapp.control, seed=seed)
        neighbors: list[Neighbor] = [SocialApi(social), TwilioApi(twilio)]
        async with served(Graph(whatsapp, seed=seed, neighbors=neighbors), port) as url:
            social.base = twilio.base = url
            announce(f"Graph on {url}, waiting for {hub_url}/readyz")
            numbers = _live(whatsapp, read_numbers, hub_url, seed, rate, announce)
            writers, callers = (
                SocialCustomers(social, seed=seed, rate=rate / 2),
                TwilioCustomers(twilio, seed=seed, rate=rate / 2),
            )
            accounts = _live_beside(read_accounts, social.serve, writers, hub_url, rate)
            others = _live_beside(read_twilio, twilio.serve, callers, hub_url, rate)
            work: asyncio.Future[Any] = asyncio.gather(numbers, accounts, others)
            stopped: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
            await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            failed = work.done()
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await social.close()
            await twilio.callbacks.close()
            await whatsapp.close()
        if failed:
            work.result()

    asyncio.run(main())


async def _live(
    whatsapp: WhatsApp, read_numbers: ReadNumbers, hub_url: str, seed: int, rate: float, announce: Announce
) -> None:
    await _until_ready(hub_url)
    found = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_follow(whatsapp, read_numbers, found, announce))
        await found.wait()
        if rate > 0:
            group.create_task(Customers(whatsapp, seed=seed, rate=rate).run())


async def _live_beside[T](
    read: Callable[[], Sequence[T]],
    serve: Callable[[tuple[T, ...]], None],
    crowd: Crowd[Any, Any],
    hub_url: str,
    rate: float,
) -> None:
    """Keep to what the hub has beside its numbers, as it comes and goes, and let people write to it."""
    await _until_ready(hub_url)
    known: tuple[T, ...] = ()
    async with asyncio.TaskGroup() as group:
        if rate > 0:
            group.create_task(crowd.run())
        while True:
            found = tuple(await asyncio.to_thread(read))
            if found != known:
                known = found
                serve(found)
            await asyncio.sleep(LOOK_AGAIN)


async def _until_ready(hub_url: str) -> None:
    async with httpx2.AsyncClient(timeout=5, trust_env=False, follow_redirects=False) as client:
        while True:
            with contextlib.suppress(httpx2.TransportError):
                if (await client.get(f"{hub_url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.5)


async def _follow(whatsapp: WhatsApp, read_numbers: ReadNumbers, found: asyncio.Event, announce: Announce) -> None:
    """Keep to the numbers the hub has, as they come and go; ``found`` is set by the first."""
    told = None
    while True:
        numbers = tuple(await asyncio.to_thread(read_numbers))
        if numbers != whatsapp.numbers:
            whatsapp.serve(numbers)
            found.set()
        if told != len(numbers):
            told = len(numbers)
            announce(f"playing for {told} WhatsApp number(s)")
        await asyncio.sleep(LOOK_AGAIN)

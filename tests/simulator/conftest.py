"""A hub to send to: a real server on loopback that keeps every webhook it got and answers as a test tells it."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from simulator import BusinessNumber, RunningSimulator, Switches, running

SECRET, TOKEN, NUMBER_ID = "secret of the app", "token-of-the-number", "106540352242922"


class StandInHub:
    """Keeps bodies, headers and times of what arrives. ``answers`` are used up first, then every answer is 200."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.answers: deque[int] = deque()
        self.delay = 0.0
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # whoever sent it stopped in the middle
                    return
                time.sleep(hub.delay)
                status = hub.answers.popleft() if hub.answers else 200
                hub.bodies.append(body)
                hub.headers.append({name.lower(): text for name, text in self.headers.items()})
                hub.times.append(time.monotonic())
                self._answer(status)

            def do_GET(self) -> None:
                self._answer(200)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.base}/webhooks/0b4f/"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def items(self, holds: str) -> list[dict[str, Any]]:
        """Every message or status that came, in order of arrival, repeats included."""
        return [
            item
            for body in self.bodies
            for entry in json.loads(body)["entry"]
            for change in entry["changes"]
            for item in change["value"].get(holds, [])
        ]

    def close(self) -> None:
        """Stop listening: from now on nobody is there."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hub() -> Iterator[StandInHub]:
    stand_in = StandInHub()
    yield stand_in
    stand_in.close()


@pytest.fixture
def number(hub: StandInHub) -> BusinessNumber:
    return BusinessNumber(phone_number_id=NUMBER_ID, access_token=TOKEN, app_secret=SECRET, webhook_url=hub.url)


@pytest.fixture
def sim(number: BusinessNumber) -> Iterator[RunningSimulator]:
    """A simulator on a very good day: statuses at once, no duplicates, no batches."""
    with running([number], switches=Switches(pace=0, duplicates=0, batches=0, read_share=1)) as simulator:
        yield simulator


class Caller:
    """Calls Graph as a hub does."""

    def __init__(self, base: str, client: httpx2.Client) -> None:
        self.base = base
        self.client = client

    def send(self, *, token: str = TOKEN, wait: float = 60.0, **message: Any) -> httpx2.Response:
        """Send a message to Ana, or to whomever ``to`` names."""
        body = {"messaging_product": "whatsapp", "to": "5511961000001", **message}
        return self.post(f"/v26.0/{NUMBER_ID}/messages", body, token=token, wait=wait)

    def post(self, path: str, body: object, *, token: str = TOKEN, wait: float = 60.0) -> httpx2.Response:
        """Post JSON; ``wait`` is the time-out in seconds."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.post(self.base + path, json=body, headers=headers, timeout=wait)

    def get(self, path: str, *, token: str = TOKEN) -> httpx2.Response:
        """Get a path or a whole address."""
        url = path if path.startswith("http") else self.base + path
        return self.client.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


@pytest.fixture
def graph(sim: RunningSimulator) -> Iterator[Caller]:
    with httpx2.Client(trust_env=False) as client:
        yield Caller(sim.url, client)

"""What comes in during a drill: a shop of its own, and customers who write to it from a thread of their own."""

from __future__ import annotations

import asyncio
import http.client
import secrets
import threading
from itertools import count
from typing import NamedTuple
from urllib.parse import urlsplit

from conversations.channels.types import Credentials
from conversations.models import Channel, Connection
from hub.models import ApiToken, Workspace
from simulator.sender import Report, Sender
from simulator.webhooks import signed_headers

ACCOUNT = "100200300"
SETTLE_SECONDS = 30.0
_numbers = count(1)
JOIN_SECONDS = 90.0


class Shop(NamedTuple):
    """A workspace with one WhatsApp number; ``token`` opens its API, ``secret`` signs its webhooks."""

    workspace: Workspace
    connection: Connection
    channel: Channel
    token: str
    secret: str

    @property
    def path(self) -> str:
        """Where its webhooks go."""
        return f"/webhooks/{self.connection.pk}/"


def new_shop(name: str) -> Shop:
    """Make a shop with secrets of its own; a drill that runs twice gets two."""
    slug = f"drill-{name.lower()}-{next(_numbers)}"
    secret = secrets.token_hex(16)
    workspace = Workspace.objects.create(slug=slug, name=slug)
    source = Connection(workspace=workspace, provider="meta")
    source.keep(Credentials(app_secrets=(secret,), verify_token="verify", access_token="access"))
    source.save()
    channel = Channel.objects.create(
        workspace=workspace, connection=source, kind="whatsapp", name="Loja", address=ACCOUNT
    )
    return Shop(workspace, source, channel, ApiToken.issue(workspace, "drill")[1], secret)


class Load:
    """Customers who behave like the provider: seeded, in order, again until a 2xx, some twice, some in batches."""

    def __init__(self, url: str, shop: Shop, label: str, *, rate: float = 100.0, seconds: float = 8.0) -> None:
        self.sender = Sender(
            webhook_url=url + shop.path, app_secret=shop.secret, phone_number_id=ACCOUNT, rate=rate, seconds=seconds,
            customers=30, seed=7, label=label, timeout=8.0, settle=SETTLE_SECONDS,
        )  # fmt: skip
        self.report: Report | None = None
        self._thread = threading.Thread(target=self._run, name=f"load-{label}", daemon=True)

    def _run(self) -> None:
        self.report = asyncio.run(self.sender.run())

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether everything was said and nothing is under way any more."""
        return not self._thread.is_alive()


def post(url: str, path: str, body: bytes, secret: str, **headers: str) -> int:
    """Send one webhook, signed unless ``headers`` say otherwise; return the status, 0 when there was no answer."""
    return send(url, "POST", path, body, {**signed_headers(body, secret), **headers})[0]


def send(url: str, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send one request and return status and the beginning of the answer; (0, b"") when there was none in 10 s."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(4096) if answer.getheader("content-length") else b""
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()

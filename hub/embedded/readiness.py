"""How `up` sees that a part can do its work: it asks the part itself, from outside."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from celery import Celery
from kombu.exceptions import OperationalError
from redis import RedisError


@dataclass(frozen=True)
class Web:
    """Ready when ``/healthz`` and then ``/readyz`` answer 200 under the public host name."""

    port: int
    public_url: str

    def __call__(self) -> bool:
        """Ask both; a refused connection is a no."""
        return all(self._answers(path) for path in ("/healthz", "/readyz"))

    def _answers(self, path: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            connection.request("GET", path, headers={"Host": urlsplit(self.public_url).netloc})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True)
class Worker:
    """Ready when the Celery worker called ``node`` answers a ping through the broker."""

    broker_url: str
    node: str

    def __call__(self) -> bool:
        """Ask once and wait half a second for the answer."""
        with Celery("up", broker=self.broker_url, set_as_current=False) as app:
            try:
                return bool(app.control.ping(destination=[self.node], timeout=0.5))
            except (OperationalError, RedisError, OSError):  # kombu lets some of the client's own errors through
                return False


@dataclass(frozen=True)
class Listener:
    """Ready when something accepts connections on ``port``."""

    port: int

    def __call__(self) -> bool:
        """Connect and hang up."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

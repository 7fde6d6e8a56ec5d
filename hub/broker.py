"""Celery's way to Valkey, with one client a channel: kombu makes a new one for each thing it says, which costs as much as saying it."""

from __future__ import annotations

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as LostConnection


class Channel(redis.Channel):
    """A channel that keeps the client it publishes and acknowledges with, for as long as its pool of connections lives."""

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002  as kombu calls it
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc]
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = super()._create_client()  # type: ignore[misc]
        return self._kept

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002  as kombu calls it
        # A worker that lost Valkey closes twice. The second time nobody knows any more where to, and kombu stumbles over that:
        # the worker would die. Of a lost connection it knows what to make.
        if self.connection.client is None:
            raise LostConnection("Given up already.")
        return super()._connparams(asynchronous)  # type: ignore[misc,no-any-return]


class Transport(redis.Transport):
    """The transport of ``redis://`` and ``rediss://`` here."""

    Channel = Channel

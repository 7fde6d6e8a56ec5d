"""Plays Meta and Twilio for a workspace: serves their APIs to the hub and lets customers write to its numbers, accounts and pages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection

from conversations.channels.types import Credentials
from conversations.management import sights
from conversations.models import Channel
from hub.management import history
from hub.models import Workspace
from simulator import BadSwitchError, BusinessNumber, NotLoopbackError, SocialAccount, Switches, TwilioNumber
from simulator.company import seen
from simulator.company.send import AwayError, RefusedError
from simulator.play import play

DEFAULT_PORT = 8100


class Command(BaseCommand):
    """``manage.py simulate``: runs until SIGTERM or Ctrl-C; customers write once the hub answers /readyz."""

    help = "Play WhatsApp for a workspace: serve Graph, sign webhooks, let invented customers write."
    requires_migrations_checks = False
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="same seed, same people and talks (default 1)")
        parser.add_argument("--rate", type=float, default=2.0, help="talks that begin a minute; 0 for none (default 2)")
        parser.add_argument("--workspace", default="demo", help="slug of the workspace to play for (default demo)")
        parser.add_argument(
            "--port", type=int, help="port of Graph (default: that of SIMULATOR_URL or GRAPH_API_URL, 8100)"
        )
        parser.add_argument("--hub", help="base URL of the hub on this machine (default: PUBLIC_URL)")
        parser.add_argument(
            "--days", type=int, help="tell the workspace that many days of an invented past instead, and end"
        )
        parser.add_argument("--talks", type=float, default=20.0, help="with --days: conversations a day (default 20)")
        parser.add_argument(
            "--truth", type=Path, help="with --days: a file for the true value of every figure, as JSON"
        )
        parser.add_argument("--switches", default="{}", help="how to behave, as JSON; see POST /_sim/behaviour")

    def handle(self, *_args: Any, **options: Any) -> None:
        hub_url = (options["hub"] or settings.PUBLIC_URL).rstrip("/")
        if options["days"] is not None:
            self._tell_the_past(options, hub_url)
            return
        try:
            play(
                NumbersOf(options["workspace"], hub_url),
                hub_url=hub_url,
                port=options["port"] or default_port(),
                seed=options["seed"],
                rate=options["rate"],
                switches=msgspec.json.decode(options["switches"], type=Switches),
                announce=self.say,
                read_accounts=AccountsOf(options["workspace"], hub_url),
                read_twilio=TwilioNumbersOf(options["workspace"], hub_url),
            )
        except (NotLoopbackError, BadSwitchError, msgspec.MsgspecError) as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"Graph could not be served: {problem}") from None

    def _tell_the_past(self, options: dict[str, Any], hub_url: str) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        if not 1 <= options["days"] <= 730 or not 0 < options["talks"] <= 1_000:
            raise CommandError("--days must be from 1 to 730, --talks above 0 and at most 1000.")
        past = history.Past(options["seed"], options["days"], options["talks"])
        try:
            history.tell(
                workspace, past, hub_url, options["truth"], self.say, lambda it: sights.keep(workspace, seen(it))
            )
        except (NotLoopbackError, RefusedError, AwayError, OSError) as problem:
            raise CommandError(f"The history could not be told: {problem}") from None

    def say(self, line: str) -> None:
        """Print one line at once: whoever started us reads along."""
        self.stdout.write(line)
        self.stdout.flush()


class ChannelsOf[T](ABC):
    """Reads channels of a workspace each time it is called; while the database is away, the last ones known."""

    where: ClassVar[dict[str, Any]]

    def __init__(self, workspace: str, hub_url: str) -> None:
        self._workspace = workspace
        self._hub_url = hub_url
        self._known: list[T] = []

    def __call__(self) -> list[T]:
        """Return them, with what the provider's API and a webhook's signature need."""
        channels = Channel.objects.filter(workspace__slug=self._workspace, deleted_at=None, **self.where)
        try:
            rows = list(channels.select_related("connection").order_by("created_at"))
        except Error:
            return self._known
        finally:
            connection.close()  # the thread that calls us may not come back
        self._known = [
            self.played(row, row.connection.credentials(), f"{self._hub_url}/webhooks/{row.connection.id}/")
            for row in rows
            if row.connection
        ]
        return self._known

    @abstractmethod
    def played(self, channel: Channel, credentials: Credentials, webhook_url: str) -> T:
        """Return a channel as the simulator plays it."""


class NumbersOf(ChannelsOf[BusinessNumber]):
    """Reads the WhatsApp numbers of a workspace."""

    where: ClassVar = {"kind": "whatsapp", "connection__provider": "meta"}

    def played(self, channel: Channel, credentials: Credentials, webhook_url: str) -> BusinessNumber:
        """Return a number."""
        return BusinessNumber(
            phone_number_id=channel.address,
            access_token=credentials.access_token,
            app_secret=next(iter(credentials.app_secrets), ""),
            webhook_url=webhook_url,
            verified_name=channel.name,
        )


class AccountsOf(ChannelsOf[SocialAccount]):
    """Reads the Instagram accounts and pages of a workspace."""

    where: ClassVar = {"kind__in": ["instagram", "messenger"], "connection__provider": "meta"}

    def played(self, channel: Channel, credentials: Credentials, webhook_url: str) -> SocialAccount:
        """Return an account or a page."""
        return SocialAccount(
            kind="messenger" if channel.kind == "messenger" else "instagram",
            account_id=channel.address,
            access_token=credentials.access_token,
            app_secret=next(iter(credentials.app_secrets), ""),
            webhook_url=webhook_url,
            name=channel.name,
            login="page" if channel.settings.get("login") == "page" else "instagram",
            page_id=str(channel.settings.get("page_id", "")),
        )


class TwilioNumbersOf(ChannelsOf[TwilioNumber]):
    """Reads the numbers at Twilio of a workspace."""

    where: ClassVar = {"connection__provider": "twilio"}

    def played(self, channel: Channel, credentials: Credentials, webhook_url: str) -> TwilioNumber:
        """Return a number."""
        return TwilioNumber(
            account_sid=credentials.account_sid,
            auth_token=next(iter(credentials.auth_tokens), ""),
            number=channel.address,
            webhook_url=webhook_url,
            channel="sms" if channel.kind == "sms" else "whatsapp",
            name=channel.name,
        )


def default_port() -> int:
    """Return the port at which the hub expects Graph when that is this machine, else 8100."""
    for url in (settings.SIMULATOR_URL, settings.GRAPH_API_URL):
        parts = urlsplit(url)
        if parts.hostname in {"127.0.0.1", "localhost"} and parts.port:
            return parts.port
    return DEFAULT_PORT

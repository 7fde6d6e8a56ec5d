"""The visitors' door and stream before Django: what they write is stored durably before its answer, what is new streams to them.

A message takes the way of every webhook: the visitor is proven, the body is stored with whatever arrives at the same time,
and only then is it said to be here. Parsing and everything after is the pipeline's.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from conversations.channels.types import Credentials
from conversations.channels.webchat import bodies
from conversations.intake.store import Known, Row, Store, Unavailable
from conversations.visit import asking, limits, place as places, session as sessions, talk, wire
from conversations.visit.limits import Limit
from conversations.visit.place import Place
from conversations.visit.reader import Visit
from conversations.visit.session import Session
from conversations.visit.stream import Windows
from conversations.visit.wire import Receive, Refusal, Scope, Send
from hub.models import Workspace

log = structlog.get_logger(__name__)

PATH = re.compile(r"/chat/(?P<channel>[0-9a-fA-F-]{36})/(?P<verb>messages|statuses|typing|stream)")
STREAMS_OF_VISITOR, STREAMS_OF_ADDRESS = 4, 200
Handler = Callable[["Asked", Receive, Send], Awaitable[None]]


class Asked:
    """One request of a proven visitor."""

    def __init__(self, scope: Scope, headers: dict[str, str], place: Place, session: Session) -> None:
        self.scope = scope
        self.headers = headers
        self.place = place
        self.session = session
        self.address = wire.address_of(scope)


class Visits:
    """The ASGI application of what visitors ask most: ``/chat/<channel>/messages``, ``statuses``, ``typing`` and ``stream``."""

    def __init__(self, store: Callable[[], Awaitable[Store]]) -> None:
        self.store = store
        self.windows = Windows()
        self.open_of: Counter[str] = Counter()
        self.verbs: dict[tuple[str, str], Handler] = {
            ("POST", "messages"): self._say,
            ("POST", "statuses"): self._acknowledge,
            ("POST", "typing"): self._type,
            ("GET", "stream"): self._stream,
        }

    def owns(self, path: str) -> bool:
        """Whether this application answers a path."""
        return PATH.fullmatch(path) is not None

    async def close(self) -> None:
        """End every stream."""
        await self.windows.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: 400 not understood, 401 no visitor, 403 from elsewhere, 404 no such chat, 429 too often, 503 not stored."""
        headers = wire.headers_of(scope)
        with translation.override(wire.language_of(headers)):
            try:
                asked, handler = await self._admit(scope, headers)
                await handler(asked, receive, send)
            except Refusal as refusal:
                await wire.refuse(send, refusal)
            except (Unavailable, DatabaseError):
                await wire.refuse(send, Refusal(503, _("The message could not be stored. Send it again."), 3))

    async def _admit(self, scope: Scope, headers: dict[str, str]) -> tuple[Asked, Handler]:
        """Let in whoever comes from our own page with a session of this chat. Raises ``Refusal``."""
        found = PATH.fullmatch(scope["path"])
        assert found is not None, "asked for what is another's"
        handler = self.verbs.get((scope["method"], found["verb"]))
        if handler is None:
            raise Refusal(405, _("That is not done here."))
        if not wire.from_our_page(scope["method"], headers):
            log.warning("a visit from another site was refused", channel=found["channel"])
            raise Refusal(403, _("The chat is not reached from other sites."))
        try:
            channel = UUID(found["channel"])
        except ValueError:
            raise Refusal(404, _("There is no such chat.")) from None
        session = sessions.of_header(headers.get("authorization", ""), channel)
        if session is None:
            raise Refusal(401, _("The session is missing or over."))
        place = await sync_to_async(places.find_in_thread, thread_sensitive=False)(channel)
        if place is None:
            raise Refusal(404, _("There is no such chat."))
        return Asked(scope, headers, place, session), handler

    async def _say(self, asked: Asked, receive: Receive, send: Send) -> None:
        await _pay(
            ("message", asked.session.visitor, limits.MESSAGES), ("message", asked.address, limits.MESSAGES_OF_ADDRESS)
        )
        body = await wire.body_of(asked.scope, receive)
        if body is None:
            return
        given = asking.checked(asking.decoded(body, asking.Saying))
        await self._keep(
            asked,
            bodies.Said(
                visitor=asked.session.visitor,
                client_id=given.client_id,
                at=datetime.now(UTC),
                text=given.text,
                files=asking.files_of(given, asked.session),
                name=given.name if "name" in asked.place.fields else "",
                email=given.email if "email" in asked.place.fields else "",
                choice=given.choice,
                page=given.page,
                identity=asked.session.identity,
            ),
        )
        await wire.answer(send, {"client_id": given.client_id})

    async def _acknowledge(self, asked: Asked, receive: Receive, send: Send) -> None:
        await _pay(("status", asked.session.visitor, limits.ACKNOWLEDGED))
        body = await wire.body_of(asked.scope, receive)
        if body is None:
            return
        given = asking.decoded(body, asking.Acknowledging)
        news = await sync_to_async(talk.unacknowledged, thread_sensitive=False)(
            asked.place, asked.session, given.messages, given.status
        )
        if news:
            now = datetime.now(UTC)
            await self._keep(
                asked,
                bodies.Acknowledged(visitor=asked.session.visitor, at=now, status=given.status, messages=tuple(news)),
            )
        await wire.answer(send, {"messages": news})

    async def _type(self, asked: Asked, _receive: Receive, send: Send) -> None:
        if await asyncio.to_thread(limits.take, ("typing", asked.session.visitor, limits.TYPING)) == 0.0:
            await sync_to_async(talk.tell_typing, thread_sensitive=False)(asked.place, asked.session)
        await wire.answer(send, {})

    async def _stream(self, asked: Asked, receive: Receive, send: Send) -> None:
        after = (parse_qs(asked.scope.get("query_string", b"").decode("latin-1")).get("after") or [""])[-1]
        if after and not (after.isascii() and after.isdigit() and len(after) < 19):
            raise Refusal(400, _("The request cannot be understood."))
        owners = (f"visitor {asked.session.visitor}", f"address {asked.address}")
        if self.open_of[owners[0]] >= STREAMS_OF_VISITOR or self.open_of[owners[1]] >= STREAMS_OF_ADDRESS:
            raise Refusal(429, _("The chat is open in too many windows."), 10)
        self.open_of.update(owners)
        try:
            visit, workspace = Visit(send, asked.session), Workspace(pk=asked.place.workspace_id)
            await self.windows.run(visit, workspace, int(after) if after else None, receive)
        finally:
            self.open_of.subtract(owners)
            for owner in owners:
                if self.open_of[owner] <= 0:
                    del self.open_of[owner]

    async def _keep(self, asked: Asked, body: bodies.Body) -> None:
        """Store a body durably. Raises ``Unavailable`` when it could not be: the browser keeps it and sends it again."""
        known = Known(asked.place.connection_id, asked.place.workspace_id, "novelo", Credentials())
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        url = f"{settings.PUBLIC_URL}{asked.scope['path']}"
        store = await self.store()
        store.keep(Row(known, "POST", url, "application/json", bodies.write(body), done))
        await done


async def _pay(*wanted: tuple[str, str, Limit]) -> None:
    """Count this request. Raises ``Refusal`` with the seconds to wait when it is one too many."""
    wait = await asyncio.to_thread(limits.take, *wanted)
    if wait:
        raise Refusal(429, _("That was too much at once. It will be sent in a moment."), wait)

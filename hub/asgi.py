"""One ASGI application: the webhooks' door and the live feed before Django, Django's pages and API in a pool of threads.

Django's own ASGI handler costs several times the CPU of its WSGI handler a request, so pages run under WSGI here.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
os.environ.setdefault("NOVELO_DB_POOL", "1")  # threads of a web process share a pool of connections

from django.core.wsgi import get_wsgi_application

django_wsgi: Any = get_wsgi_application()  # what follows needs Django to be set up

from a2wsgi import WSGIMiddleware  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from servestatic import ServeStaticASGI  # noqa: E402

from conversations.intake import Intake  # noqa: E402
from conversations.live import Live  # noqa: E402
from conversations.visit.application import Visits  # noqa: E402
from hub.bodies import Whole  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

THREADS = settings.WEB_THREADS


def _threaded(pages: Any) -> Whole:
    """Give each request a thread once its body is here: nobody else waits for who sends slowly."""
    most_of_forms = settings.MEDIA_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    threads: Any = WSGIMiddleware(pages, workers=THREADS)
    return Whole(threads, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, most_of_forms)


def _pages() -> Any:
    """Django behind a pool of threads, static files served before it: hashed ones, in tests straight from their folders."""
    if settings.ENV == "test":
        return _threaded(StaticFilesHandler(django_wsgi))
    pages = _threaded(django_wsgi)
    return ServeStaticASGI(pages, root=settings.STATIC_ROOT, prefix=settings.STATIC_URL, max_age=31_536_000)


class Hub:
    """Sends each request to the application that owns its path."""

    def __init__(self) -> None:
        self.intake = Intake(settings.DATABASE_URL, settings.PUBLIC_URL, settings.WEBHOOK_MAX_BYTES)
        self.live = Live(settings.DATABASE_URL)
        self.live.on_connection_changed = self.intake.forget
        self.visits = Visits(self.intake.writer)
        self.pages = _pages()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._live_and_die(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"].startswith("/webhooks/"):
            await self.intake(scope, receive, send)
        elif self.visits.owns(scope["path"]):
            await self.visits(scope, receive, send)
        elif scope["path"] in {"/api/v1/feed", "/api/v1/feed/"}:
            await self.live(scope, receive, send)
        else:
            await self.pages(scope, receive, send)

    async def _live_and_die(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.intake.open()
                await self.live.open()
                gc.collect()
                gc.freeze()  # what is loaded stays: looking through it for garbage would hold every request up
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.live.close()
                await self.visits.close()
                await self.intake.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


application = Hub()

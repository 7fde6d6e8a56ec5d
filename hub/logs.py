"""One line an event: ids and outcomes, never message text, tokens or personal data."""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def _missing(name: str) -> Iterator[None]:
    """Let a package seem not to be installed, unless somebody uses it already."""
    modules = cast("dict[str, object]", sys.modules)
    missing = modules.setdefault(name, None) is None  # what Python takes for "there is none"
    try:
        yield
    finally:
        if missing:
            del modules[name]


with _missing("rich"):  # structlog would load it for traces in colors, which nobody here prints: 5 MB a process
    import structlog

FORBIDDEN_KEYS = {
    "authorization",
    "access_token",
    "token",
    "password",
    "secret",
    "app_secret",
    "body",
    "text",
    "phone",
    "email",
}
# What PostgreSQL adds to an error quotes the statement and whole rows, up to where the next error of the trace begins.
QUOTED = re.compile(
    r"(^|\\n)(DETAIL|CONTEXT|HINT|LINE \d+): .*?(?=\n\n(?:The above exception|During handling)|\nTraceback |\Z)",
    re.DOTALL | re.MULTILINE,
)
TOLD_IN_WORDS = ("event", "exception")


def redact(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace values under names that hold secrets or people's words."""
    return {key: "•••" if key.lower() in FORBIDDEN_KEYS else value for key, value in event.items()}


def unquote(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Cut what the database quotes of rows out of sentences and traces: people's words and addresses are among it."""
    told = {key: QUOTED.sub(r"\1\2: •••", event[key]) for key in TOLD_IN_WORDS if isinstance(event.get(key), str)}
    return event | told


def configure(settings: dict[str, Any]) -> None:
    """Set up logging: ``format`` is ``json`` or ``line``, ``level`` a level's name. Called by Django at start."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
        structlog.processors.format_exc_info,
        unquote,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings["format"] == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "house": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "house"}},
            "root": {"handlers": ["stderr"], "level": settings["level"]},
            "loggers": {
                "httpx": {"level": "WARNING"},
                "httpx2": {"level": "WARNING"},
                "httpcore2": {"level": "WARNING"},
                "celery": {"level": "WARNING"},
                "kombu": {"level": "WARNING"},
                "uvicorn.access": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
            },
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

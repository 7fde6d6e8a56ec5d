"""Lines of the log: ids and outcomes, never what people wrote, whoever quotes it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.db import IntegrityError, connection, transaction

from hub.ids import new_id
from hub.logs import configure

PRIVATE = "Meu CPF é 123\n\nMoro na Rua das Flores"


@pytest.fixture(params=["json", "line"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is written in one of the formats."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure({"format": request.param, "level": "INFO"})
    (house,) = root.handlers
    assert isinstance(house, logging.StreamHandler)
    lines = io.StringIO()
    house.setStream(lines)
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)


def test_it_works(written: io.StringIO) -> None:
    structlog.get_logger("hub.test").info("a message left", message="m1", text=PRIVATE, access_token="s3cret")
    known = ("a message left", "m1", "CPF", "s3cret")
    assert [word in written.getvalue() for word in known] == [True, True, False, False]


@pytest.mark.django_db
def test_it_quotes_no_row_that_the_database_refused(written: io.StringIO) -> None:
    log, celery = structlog.get_logger("hub.test"), logging.getLogger("celery.app.trace")
    with pytest.raises(IntegrityError, match="CPF") as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO hub_workspace (id, slug, name) VALUES (%s, 'other', %s)", [new_id(), PRIVATE])
    log.error("an item failed", item=7, exc_info=refused.value)
    celery.error("a task broke off: %r", refused.value, exc_info=refused.value)
    ours, theirs = written.getvalue().split("a task broke off")
    for trace in (ours, theirs):
        known = ("NotNullViolation", "violates not-null constraint", "CPF", "Rua das Flores")
        assert [word in trace for word in known] == [True, True, False, False]

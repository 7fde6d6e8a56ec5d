"""A shop whose provider is a site of our own, and a storage that is thrown away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from conversations.models import Attachment
from tests import factories
from tests.conversations.media.site import Site, serving


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    """Keep files of a test in its own folder."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Site]:
    """One site for the module."""
    with serving() as site:
        yield site


@pytest.fixture
def provider(running_provider: Site, settings: Any) -> Site:
    """A site without pages that the operator named as the provider's: it alone may be plain HTTP and inside."""
    running_provider.pages.clear()
    running_provider.asked.clear()
    settings.SIMULATOR_URL = f"http://127.0.0.1:{running_provider.server_port}"
    return running_provider


def waiting(provider: Site, path: str, kind: str = "image", **fields: Any) -> Attachment:
    """A file of a customer's message that waits with the provider."""
    place = fields.pop("place", None) or factories.workspace()
    line = factories.channel(place, "sms")
    said = factories.message(factories.conversation(place), line, kind=kind if kind != "file" else "document")
    return Attachment.objects.create(
        workspace=place,
        message=said,
        kind=kind,
        source_url=f"http://127.0.0.1:{provider.server_port}{path}",
        **fields,
    )


def due() -> None:
    """Let every pause be over."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversations_attachment SET not_before = clock_timestamp() - interval '1 second'")


@pytest.fixture
def stored_files(storage: Path) -> Callable[[], list[Path]]:
    """Say which files the storage holds."""
    return lambda: sorted(path for path in storage.rglob("*") if path.is_file())

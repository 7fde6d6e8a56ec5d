"""A story somebody mentions the shop in is fetched before it is gone, and shown as what it is."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conversations import pipeline
from conversations.channels import http
from conversations.models import Attachment
from simulator import RunningSimulator, running
from simulator.media import invoice, picture
from tests.conversations import social
from tests.conversations.conftest import Shop

pytestmark = pytest.mark.django_db(transaction=True)

Arrive = Callable[..., list[str]]


@pytest.fixture
def shop() -> Shop:
    return social.social_shop("instagram")


@pytest.fixture
def sim(settings: Any, tmp_path: Path) -> Iterator[RunningSimulator]:
    settings.MEDIA_ROOT = str(tmp_path)
    with running() as simulator:
        settings.SIMULATOR_URL = simulator.url
        yield simulator
        http.close_all()


def mention(sim: RunningSimulator, mid: str, data: bytes, mime_type: str) -> bytes:
    file = {"type": "story_mention", "payload": {"url": sim.social.picture(data, mime_type)}}
    return social.body("instagram", social.event("instagram", message={"mid": mid, "attachments": [file]}))


def test_it_works(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    seen = picture(random.Random(1), 60, 40)
    arrive(mention(sim, "s1", seen, "image/png"), mention(sim, "s2", invoice("Nota"), "application/pdf"))
    assert pipeline.fetch_pending() == 2
    story, paper = Attachment.objects.order_by("message__sent_at", "id")
    assert (story.state, story.kind, story.mime_type, story.width, story.height) == (
        "stored", "image", "image/png", 60, 40,
    )  # fmt: skip
    assert story.thumbnail != ""
    assert (paper.state, paper.kind, paper.mime_type) == ("stored", "file", "application/pdf")

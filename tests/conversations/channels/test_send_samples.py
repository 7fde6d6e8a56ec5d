"""The collected answers of WhatsApp to a send: taken, refused for now, refused for good."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.channels import http
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Address, Credentials, Outbound, SendRefused
from tests.conversations.channels.corpus import INDEX
from tests.conversations.channels.provider_server import Answer, serving

ANSWERS = [answer for answer in INDEX["send_responses"] if answer["provider"] == "whatsapp"]


@pytest.mark.parametrize("collected", ANSWERS, ids=[answer["id"] for answer in ANSWERS])
def test_it_understands_a_collected_answer(collected: dict[str, Any], settings: Any) -> None:
    outbound = Outbound(account="1", to=(Address("wa_id", "5511987654321"),), our_id="our-1", text="oi")
    with serving() as server:
        settings.GRAPH_API_URL = server.url
        server.answer = Answer(status=collected["http_status"], body=collected["body"].encode())
        if collected["class"] == "accepted":
            sent = CHANNELS["whatsapp"].send(outbound, Credentials(access_token="token"))
            assert sent.provider_id == collected["external_id"]
        else:
            with pytest.raises(SendRefused) as caught:
                CHANNELS["whatsapp"].send(outbound, Credentials(access_token="token"))
            assert caught.value.error.retryable is collected["retry"]
        http.close_all()

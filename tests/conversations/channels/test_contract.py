"""What every provider of webhooks must keep, whatever its vendor: it proves before it believes and never stumbles."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from conversations.channels import meta
from conversations.channels.registry import CHANNELS, PROVIDERS
from conversations.channels.types import Credentials, Parsed, Provider
from tests.conversations.channels.bodies import PAYLOADS, request

BODY = b'{"object":"x","text":"caf\\u00e9"}'
SECRETS = Credentials(
    app_secrets=("first-secret", "second-secret"),
    auth_tokens=("first-secret", "second-secret"),
    verify_token="token-1",
)


def signed_by_meta(body: bytes, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


def signed_by_twilio(body: bytes, secret: str) -> dict[str, str]:
    signed = request().url.encode() + body  # a form of one name without a value
    return {"x-twilio-signature": base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha1).digest()).decode()}


SIGNED = {"meta": signed_by_meta, "twilio": signed_by_twilio}
FILES = sorted(PAYLOADS.glob("*/*.json"))

each_provider = pytest.mark.parametrize("name", PROVIDERS)
each_proving = pytest.mark.parametrize("name", SIGNED)


def proven(name: str, headers: dict[str, str], body: bytes = BODY, credentials: Credentials = SECRETS) -> bool:
    return PROVIDERS[name].verify(request(body, headers=headers), credentials)


def test_each_channel_is_found_by_its_own_kind_and_provider() -> None:
    assert {kind: channel.kind for kind, channel in CHANNELS.items()} == {kind: kind for kind in CHANNELS}
    assert {channel.provider for channel in CHANNELS.values()} <= PROVIDERS.keys()
    assert {name: provider.name for name, provider in PROVIDERS.items()} == {name: name for name in PROVIDERS}


@each_proving
@pytest.mark.parametrize("secret", SECRETS.app_secrets)
def test_it_believes_each_of_several_secrets(name: str, secret: str) -> None:
    assert proven(name, SIGNED[name](BODY, secret)) is True


@each_proving
@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_it_believes_nobody_without_a_secret(name: str, secrets: tuple[str, ...]) -> None:
    assert (
        proven(name, SIGNED[name](BODY, ""), credentials=Credentials(app_secrets=secrets, auth_tokens=secrets)) is False
    )


@each_proving
def test_it_refuses_another_secret(name: str) -> None:
    assert proven(name, SIGNED[name](BODY, "third-secret")) is False


@each_proving
@pytest.mark.parametrize("place", range(0, len(BODY), 7))
def test_it_refuses_a_body_with_one_byte_changed(name: str, place: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= 1
    assert proven(name, SIGNED[name](BODY, "first-secret"), bytes(changed)) is False


@each_proving
@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: "",
        lambda value: value[:-2],
        lambda value: value + "00",
        lambda value: value.removeprefix("sha256="),
        lambda value: value.replace("sha256=", "sha1="),
        lambda value: value.replace("sha256=", "SHA256="),
        lambda value: value.upper(),
        lambda value: f" {value}",
        lambda value: value[:-1] + "é",
        lambda value: value[:-1] + "\ud800",
        lambda value: "sha256=" + "0" * 64,
    ],
)
def test_it_refuses_a_spoiled_signature(name: str, spoil: Any) -> None:
    (header, value) = next(iter(SIGNED[name](BODY, "first-secret").items()))
    assert proven(name, {header: spoil(value)}) is (spoil(value) == value)  # what is Meta's own leaves others untouched


@each_proving
def test_it_refuses_an_unsigned_body(name: str) -> None:
    assert proven(name, {}) is False


def test_meta_ignores_the_old_signature() -> None:
    digest = hmac.new(b"first-secret", BODY, hashlib.sha1).hexdigest()
    assert proven("meta", {"x-hub-signature": f"sha1={digest}"}) is False


def test_meta_compares_bytes_in_constant_time_and_tries_every_secret() -> None:
    with patch.object(meta.hmac, "compare_digest", wraps=hmac.compare_digest) as compare:
        assert proven("meta", signed_by_meta(BODY, "first-secret")) is True
    assert [tuple(map(type, call.args)) for call in compare.call_args_list] == [(bytes, bytes)] * 2


def handshake(credentials: Credentials = SECRETS, **query: str) -> str | None:
    asked = {f"hub.{name}": [value] for name, value in query.items()}
    return PROVIDERS["meta"].challenge(request(method="GET", query=asked), credentials)


@pytest.mark.parametrize("challenge", ["1158201444", "<script>alert(1)</script>", " é "])
def test_meta_gets_its_challenge_back_verbatim(challenge: str) -> None:
    assert handshake(mode="subscribe", verify_token="token-1", challenge=challenge) == challenge


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "subscribe", "verify_token": "token-2", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "tökén", "challenge": "1"},
        {"mode": "subscribe", "challenge": "1"},
        {"mode": "unsubscribe", "verify_token": "token-1", "challenge": "1"},
        {"verify_token": "token-1", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "token-1"},
        {},
    ],
)
def test_meta_gets_no_answer_to_a_wrong_handshake(query: dict[str, str]) -> None:
    assert handshake(**query) is None


@pytest.mark.parametrize("token", ["", "token-1"])
def test_meta_gets_no_answer_while_no_token_is_set(token: str) -> None:
    assert handshake(Credentials(), mode="subscribe", verify_token=token, challenge="1") is None


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in strings(one)]
    return [text for one in value for text in strings(one)] if isinstance(value, list) else []


def understood(provider: Provider, body: bytes) -> Parsed:
    """Parse twice: the same both times, storable, and saying why when there is nothing."""
    parsed = provider.parse(request(body))
    assert provider.parse(request(body)) == parsed
    encoded = msgspec.json.encode(parsed)
    assert msgspec.json.decode(encoded, type=Parsed) == parsed
    assert not [text for text in strings(msgspec.json.decode(encoded)) if "\x00" in text]
    assert bool(parsed.items) is (parsed.outcome == "")
    for item in parsed.items:
        assert 0 < len(item.lane) <= 140
        assert len(getattr(item, "provider_id", "")) <= 255
    return parsed


@each_provider
@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=400))
def test_it_survives_any_bytes(name: str, body: bytes) -> None:
    assert understood(PROVIDERS[name], body).outcome in {"invalid", "ignored"}


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["\x00", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("name", ["meta"])
@settings(max_examples=24, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), anything), min_size=1, max_size=3))
def test_it_survives_a_real_body_with_something_else_inside(name: str, changes: list[tuple[int, Any]]) -> None:
    """Thinking of something takes longer than reading it: what was thought of is put into every body, each time elsewhere."""
    for number, file in enumerate(FILES):
        body = json.loads(file.read_text())
        for at, new in changes:
            there = places(body)
            body = changed(body, there[(at + number) % len(there)], new)
        try:
            understood(PROVIDERS[name], json.dumps(body).encode())
        except Exception as error:
            error.add_note(f"in {file.parent.name}/{file.stem}")
            raise


@pytest.mark.parametrize("name", ["meta"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_it_survives_a_body_cut_anywhere(name: str, file: Path) -> None:
    body = file.read_bytes().rstrip()
    for end in range(0, len(body) - 1, max(1, len(body) // 20)):
        assert understood(PROVIDERS[name], body[:end]).outcome == "invalid"

"""No address that a stranger names reaches inside, whatever it looks like, whoever sends us there."""

from __future__ import annotations

import hashlib
import io
import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import msgspec
import pytest

from conversations.channels.exchange import recorded
from conversations.channels.fetching import claimed, fetch
from conversations.channels.guard import Egress, FetchFailed, is_public, own_origins
from conversations.channels.types import Download
from tests.conversations.media.site import INSIDE, OUTSIDE, Site, certificate, serving

LIMIT = 100_000


class Internet(msgspec.Struct, frozen=True):
    """A site that answers to every name, and the way out to it."""

    site: Site
    egress: Egress
    names: dict[str, list[str]]

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.site.server_port

    def url(self, path: str, host: str = "cdn.example", scheme: str = "https") -> str:
        """The address of a path."""
        return f"{scheme}://{host}:{self.port}{path}"

    def get(self, url: str, **download: object) -> bytes:
        """Fetch what is there."""
        into = io.BytesIO()
        fetch(Download(url=url, **download), into, LIMIT, self.egress)  # type: ignore[arg-type]
        return into.getvalue()

    def refuses(self, url: str, **download: object) -> str:
        """Fetch, and return the code of the refusal."""
        with pytest.raises(FetchFailed) as refused:
            self.get(url, **download)
        return refused.value.error.code


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """One TLS site for the module."""
    path = certificate(tmp_path_factory.mktemp("tls"))
    with serving(path) as site:
        yield site, path


@pytest.fixture
def internet(running: tuple[Site, Path]) -> Internet:
    """A fresh internet: known names lie outside."""
    site, path = running
    site.pages.clear()
    site.asked.clear()
    names = {"cdn.example": [OUTSIDE], "provider.example": [OUTSIDE], "inside.example": [INSIDE]}
    context = ssl.create_default_context(cafile=str(path))

    def resolve(host: str, port: int) -> list[str]:
        return names[host] if host in names else [row[4][0] for row in socket.getaddrinfo(host, port)]  # type: ignore[misc]

    egress = Egress(
        resolve=resolve,
        permits=lambda address: address == OUTSIDE or is_public(address),
        tls=context,
        ports=frozenset({site.server_port}),
        seconds=5.0,
    )
    return Internet(site, egress, names)


def test_it_works(internet: Internet) -> None:
    internet.site.give("/photo.png", b"\x89PNG bytes")
    with recorded() as said:
        got = internet.get(
            internet.url("/photo.png?sig=secret"), headers={"Authorization": "Bearer t0p"}, hosts=("cdn.example",)
        )
    assert got == b"\x89PNG bytes"
    [asked] = internet.site.asked
    assert (asked.dialed, asked.host) == (OUTSIDE, f"cdn.example:{internet.port}")
    assert asked.headers["authorization"] == "Bearer t0p"
    assert asked.headers["accept-encoding"] == "identity"
    [exchange] = said
    assert (exchange.method, exchange.status, exchange.error) == ("GET", 200, "")
    assert exchange.url == internet.url("/photo.png?…")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.127.255.254", "100.100.100.200", "192.0.0.1", "192.0.2.5", "198.18.0.1",
        "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1",
        "168.63.129.16", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
        "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
        "3fff::1", "100::1", "5f00::1", "not an address", "",
    ],
)  # fmt: skip
def test_no_inner_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "157.240.1.35", "2a03:2880:f12f:83:face:b00c:0:25de", "2606:4700::1111"]
)
def test_hosts_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("127.0.0.1", "inside"), ("2130706433", "inside"), ("0x7f000001", "inside"), ("0177.0.0.1", "address"),
        ("127.1", "inside"), ("0", "inside"), ("１２７.０.０.１", "address"), ("localhost", "inside"), ("localhost.", "inside"),
        ("[::1]", "inside"), ("[::ffff:7f00:1]", "inside"), ("[::ffff:127.0.0.1]", "inside"), ("[fe80::1]", "inside"),
        ("[64:ff9b::7f00:1]", "inside"), ("169.254.169.254", "inside"), ("[fd00:ec2::254]", "inside"),
        ("100.64.0.1", "inside"), ("inside.example", "inside"), ("user:word@cdn.example", "address"),
        ("cdn.example@127.0.0.1", "address"), ("", "address"),
    ],
)  # fmt: skip
def test_nothing_inside_is_dialed(internet: Internet, host: str, code: str) -> None:
    internet.site.give("/x", b"secret of the house")
    internet.site.lead("/out", internet.url("/x", host))
    assert internet.refuses(internet.url("/x", host)) == code
    assert internet.site.asked == []
    if host.isascii():  # a redirect is written in Latin
        assert internet.refuses(internet.url("/out")) == code
        assert [asked.path for asked in internet.site.asked] == ["/out"]


def test_one_inner_address_among_others_spoils_a_name(internet: Internet) -> None:
    internet.site.give("/x", b"secret")
    internet.names["mixed.example"] = [OUTSIDE, INSIDE]
    assert internet.refuses(internet.url("/x", "mixed.example")) == "inside"
    assert internet.site.asked == []


def test_a_name_that_changes_its_mind_is_dialed_where_it_was_checked(internet: Internet) -> None:
    internet.site.give("/x", b"a file")
    answers = iter([[OUTSIDE], [INSIDE], [INSIDE]])
    egress = msgspec.structs.replace(internet.egress, resolve=lambda host, port: next(answers))
    into = io.BytesIO()
    fetch(Download(url=internet.url("/x", "rebinds.example")), into, LIMIT, egress)
    assert [asked.dialed for asked in internet.site.asked] == [OUTSIDE]
    with pytest.raises(FetchFailed, match="inside"):
        fetch(Download(url=internet.url("/x", "rebinds.example")), into, LIMIT, egress)
    assert len(internet.site.asked) == 1


def test_only_who_proves_the_name_is_believed(internet: Internet) -> None:
    internet.names["other.example"] = [OUTSIDE]  # not in the certificate
    assert internet.refuses(internet.url("/x", "other.example")) == "not_reached"
    assert internet.site.asked == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://cdn.example:{port}/x", "not_secure"),
        ("https://cdn.example:22/x", "address"),
        ("ftp://cdn.example/x", "address"),
        ("file:///etc/passwd", "address"),
        ("gopher://cdn.example/x", "address"),
        ("//cdn.example/x", "address"),
        ("/x", "address"),
        ("https://cdn.example:{port}999999/", "address"),
    ],
)
def test_only_https_at_its_port_is_asked(internet: Internet, url: str, code: str) -> None:
    assert internet.refuses(url.format(port=internet.port)) == code
    internet.site.lead("/out", url.format(port=internet.port))
    if not url.startswith("/"):
        assert internet.refuses(internet.url("/out")) == code
    assert {asked.path for asked in internet.site.asked} <= {"/out"}


def test_plain_http_goes_only_to_the_very_origin_the_operator_named(internet: Internet, settings: object) -> None:
    with serving() as simulator, serving() as neighbor:
        simulator.give("/x", b"a file")
        neighbor.give("/x", b"not for you")
        origin = f"http://127.0.0.1:{simulator.server_port}"
        settings.GRAPH_API_URL = settings.TWILIO_API_URL = settings.SIMULATOR_URL = origin  # type: ignore[attr-defined]
        assert own_origins() == {origin}
        into = io.BytesIO()
        fetch(Download(url=f"{origin}/x", headers={"A": "b"}, hosts=("127.0.0.1",)), into, LIMIT)
        assert into.getvalue() == b"a file"
        assert simulator.asked[0].headers["a"] == "b"
        simulator.lead("/out", f"http://127.0.0.1:{neighbor.server_port}/x")
        with pytest.raises(FetchFailed, match="not_secure"):
            fetch(Download(url=f"{origin}/out"), into, LIMIT)
        assert neighbor.asked == []


def test_credentials_stay_with_the_provider(internet: Internet) -> None:
    internet.site.give("/file", b"a file")
    internet.site.lead("/same", "/file")
    internet.site.lead("/away", internet.url("/home", "cdn.example"))
    internet.site.lead("/home", internet.url("/file", "provider.example"))
    proof = {"headers": {"Authorization": "Basic c2VjcmV0"}, "hosts": ("provider.example",)}
    internet.get(internet.url("/same", "provider.example"), **proof)
    assert [asked.headers.get("authorization") for asked in internet.site.asked] == ["Basic c2VjcmV0"] * 2
    internet.site.asked.clear()
    internet.get(internet.url("/away", "provider.example"), **proof)
    assert [asked.headers.get("authorization") for asked in internet.site.asked] == ["Basic c2VjcmV0", None, None]
    internet.site.asked.clear()
    internet.get(internet.url("/file"), **proof)
    assert "authorization" not in internet.site.asked[0].headers


def test_it_follows_five_redirects_and_no_more(internet: Internet) -> None:
    internet.site.give("/0", b"a file")
    for step in range(1, 7):
        internet.site.lead(f"/{step}", f"/{step - 1}")
    assert internet.get(internet.url("/5")) == b"a file"
    assert internet.refuses(internet.url("/6")) == "redirects"


def test_too_much_is_refused_as_declared_and_as_it_comes(internet: Internet) -> None:
    internet.site.pages["/declared"] = (200, {"Content-Length": str(LIMIT + 1)}, b"x")
    assert internet.refuses(internet.url("/declared")) == "too_large"
    sent = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            sent.append(0x4000)

    internet.site.pages["/endless"] = endless
    assert internet.refuses(internet.url("/endless")) == "too_large"
    assert sum(sent) < LIMIT * 100


def test_what_comes_packed_is_not_unpacked(internet: Internet) -> None:
    internet.site.give("/bomb", b"\x1f\x8b bomb", Content_Encoding="gzip")
    assert internet.refuses(internet.url("/bomb")) == "packed"


def test_what_is_cut_off_is_no_file(internet: Internet) -> None:
    internet.site.pages["/short"] = (200, {"Content-Length": "100"}, b"only this")
    with pytest.raises(FetchFailed) as refused:
        internet.get(internet.url("/short"))
    assert (refused.value.error.code, refused.value.error.retryable) == ("cut_off", True)
    internet.site.give("/nothing", b"")
    assert internet.refuses(internet.url("/nothing")) == "empty"


def test_who_drips_is_left_at_the_deadline(internet: Internet) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 3000:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.02)

    internet.site.pages["/slow"] = drip
    hurried = msgspec.structs.replace(internet.egress, seconds=0.3)
    began = time.monotonic()
    with pytest.raises(FetchFailed, match="too_slow"):
        fetch(Download(url=internet.url("/slow")), io.BytesIO(), LIMIT, hurried)
    assert time.monotonic() - began < 30  # all of it would take a minute


def test_the_file_must_be_the_one_that_was_announced(internet: Internet) -> None:
    internet.site.give("/x", b"a file")
    digest = hashlib.sha256(b"a file").hexdigest()
    assert internet.refuses(internet.url("/x"), sha256=hashlib.sha256(b"another").hexdigest()) == "changed"
    assert internet.get(internet.url("/x"), sha256=digest.upper()) == b"a file"
    assert claimed("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert claimed("no digest") == claimed("") == ""


@pytest.mark.parametrize(
    ("status", "error_class"),
    [(401, "unknown"), (403, "unknown"), (404, "unknown"), (410, "permanent"), (429, "throttle"), (500, "transient"), (503, "transient")],
)  # fmt: skip
def test_a_refusal_says_whether_to_come_back(internet: Internet, status: int, error_class: str) -> None:
    internet.site.pages["/x"] = (status, {"Content-Length": "0", "Retry-After": "7"}, b"")
    with pytest.raises(FetchFailed) as refused:
        internet.get(internet.url("/x"))
    assert (refused.value.error.code, refused.value.error.error_class) == (f"http_{status}", error_class)
    assert refused.value.retry_after == (7.0 if status in {429, 500, 503} else None)

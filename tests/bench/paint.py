"""`paint`: from an event of the feed, and from a webhook, to the bubble on the screen of an open browser."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from playwright.sync_api import Page, sync_playwright

from conversations import feed
from conversations.models import Conversation, Message
from hub.ids import new_id
from hub.models import User
from hub.translations import compile_catalogs
from tests.bench import inbox, talk
from tests.bench.ground import ROOT, Ground
from tests.bench.house import House
from tests.bench.report import Goal, Result, percentile, ratio_of_pairs
from tests.browser.install_chromium import find

CONVERSATIONS = 10_000
ROUNDS = 3
BUBBLES = 15
PAUSE = 0.12
PATIENCE = 10.0
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Notes when a text is painted: the frame after the one in which it came into the document. Also keeps the port of the feed.
WATCH = """
(() => {
  const Real = window.SharedWorker;
  window.SharedWorker = class extends Real {
    constructor(...words) { super(...words); window.benchPort = this.port; }
  };
  window.benchPainted = {};
  addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) {
      const found = /§(\\d+)§/.exec(node.textContent ?? "");
      if (!found || !node.closest?.("[data-messages]") || benchPainted[found[1]]) continue;
      benchPainted[found[1]] = -1;
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => (benchPainted[found[1]] = performance.timeOrigin + performance.now());
        channel.port2.postMessage(0);
      });
    }
  }).observe(document, { childList: true, subtree: true }));
})();
"""
INJECT = """
([data, kind, seq]) => {
  const at = performance.timeOrigin + performance.now();
  benchPort.onmessage({ data: { type: "event", seq, kind, data } });
  return at;
}
"""


def paint(ground: Ground) -> Iterator[Result]:
    """Watch a page with a conversation open while messages come: locally, by the feed, by webhook."""
    chromium = find()
    if not chromium:
        raise RuntimeError("There is no Chromium: python -m tests.browser.install_chromium")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps a loop in this thread; nothing else runs on it
    compile_catalogs(settings.BASE_DIR)
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=ground.env, check=True, timeout=180)
    with ground.database() as url, sync_playwright() as playwright:
        inbox.fill(CONVERSATIONS)
        house = House(ground, url)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            yield from watched(house, Screen(browser, house.port))
        finally:
            browser.close()
            ground.end_programs()


class Screen:
    """A signed-in page with one conversation open, and somebody who writes to it."""

    def __init__(self, browser: Any, port: int) -> None:
        self.port = port
        self.talk = Conversation.objects.filter(status="waiting").latest("last_message_at")
        self.shop = self.talk.workspace
        context = browser.new_context(locale="pt-BR", viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "novelo", "value": session(), "url": f"http://127.0.0.1:{port}"}])
        self.page: Page = context.new_page()
        self.page.add_init_script(WATCH)
        self.page.goto(f"http://127.0.0.1:{port}/inbox/{self.talk.pk}/?view=unassigned")
        self.page.wait_for_selector("[data-ready]")
        self.page.evaluate("document.querySelector('[data-rows]')?.parentElement.scrollTo(0, 1e6)")
        time.sleep(1.5)
        self.serial = 0

    def token(self) -> tuple[str, str]:
        """Return a text that occurs once, and what it is known by."""
        self.serial += 1
        return f"Meu pedido chegou? §{self.serial}§", str(self.serial)

    def painted(self, key: str) -> float:
        """Wait until a text is painted; return when, in seconds of the clock."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            at = self.page.evaluate(f"window.benchPainted[{key}] ?? 0")
            if at > 0:
                return float(at) / 1000
            time.sleep(0.02)
        raise TimeoutError(f"the bubble was not painted in {PATIENCE:.0f} s")

    def locally(self) -> float:
        """Hand the page an event in place of its feed; return the seconds to the painted bubble."""
        text, key = self.token()
        message = dict(EVENT, id=str(new_id()), conversation=str(self.talk.pk), text=text, seq=100_000 + self.serial)
        message["sent_at"] = message["received_at"] = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        seq = feed.head(self.shop.pk) + self.serial / 10_000  # between the real ones, which must stay newer
        began = float(self.page.evaluate(INJECT, [json.dumps(message), "message.created", seq])) / 1000
        return self.painted(key) - began

    def by_feed(self) -> float:
        """Store a message, tell the feed, and return the seconds from telling to the painted bubble."""
        text, key = self.token()
        with transaction.atomic():
            talk = Conversation.objects.select_for_update(of=("self",)).get(pk=self.talk.pk)
            talk.last_seq += 1
            row = Message.objects.create(
                workspace=self.shop, conversation=talk, customer_id=talk.customer_id, channel_id=talk.last_channel_id,
                direction="inbound", author_kind="customer", kind="text", text=text, status="delivered", seq=talk.last_seq,
                sent_at=talk.opened_at.now(tz=talk.opened_at.tzinfo),
            )  # fmt: skip
            talk.save(update_fields=["last_seq"])
        began = time.time()
        with transaction.atomic():
            feed.publish(self.shop.pk, [feed.Change("message.created", row.pk, talk.pk)])
        return self.painted(key) - began

    def by_webhook(self, send: Callable[[str], None]) -> float:
        """Send a webhook; return the seconds from sending to the painted bubble."""
        text, key = self.token()
        began = time.time()
        send(text)
        return self.painted(key) - began


EVENT = {
    "customer": "", "channel": "", "channel_kind": "whatsapp", "direction": "inbound",
    "author": {"kind": "customer", "id": "", "name": "Cliente 1"}, "kind": "text", "payload": {}, "attachments": [],
    "provider_id": None, "client_id": None, "reply_to": None, "referral": None, "status": "delivered", "error": None,
    "reactions": [], "edited_at": None, "deleted_at": None,
}  # fmt: skip


def watched(house: House, screen: Screen) -> Iterator[Result]:
    """Measure in turns: locally, by the feed, by webhook."""
    send = provider(house, screen)
    for some in (screen.locally, screen.by_feed):
        some()
    send_warm = screen.by_webhook(send)
    local, fed, sent = [], [], []
    for _ in range(ROUNDS):
        for measure, times in ((screen.locally, local), (screen.by_feed, fed)):
            run = []
            for _ in range(BUBBLES):
                run.append(measure() * 1000)
                time.sleep(PAUSE)
            times.append(run)
        run = []
        for _ in range(BUBBLES):
            run.append(screen.by_webhook(send) * 1000)
            time.sleep(PAUSE)
        sent.append(run)
    every = [one for run in fed for one in run]
    yield Result(
        bench="paint",
        value=median(every),
        unit="ms",
        limit=median(one for run in local for one in run),
        ratio=ratio_of_pairs([median(run) for run in fed], [median(run) for run in local]),
        goal=Goal("<=", 2),
        n=len(every),
    )
    every = [one for run in sent for one in run]
    yield Result(
        bench="webhook_to_bubble",
        value=median(every),
        unit="ms",
        limit=300.0,
        goal=Goal("<=", 1),
        n=len(every),
        extra={"p90_ms": percentile(every, 0.9), "first_ms": send_warm * 1000},
    )


def session() -> str:
    """Sign the admin in; return the session's key."""
    user = User.objects.get(email="ana@bench.example")
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    assert store.session_key
    return store.session_key


def provider(house: House, screen: Screen) -> Callable[[str], None]:
    """Return who sends a text of the open conversation's customer by webhook; the customer gets a number for it."""
    from conversations.models import Channel, Identity
    from simulator.webhooks import sign

    channel = Channel.objects.get()
    assert channel.connection is not None
    secret = channel.connection.credentials().app_secrets[0]
    Identity.objects.create(
        workspace=screen.shop, customer=screen.talk.customer, kind="wa_id", value=talk.phone(1), match_key=talk.phone(1),
        channel_kind="whatsapp", verified=True,
    )  # fmt: skip
    line = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
    numbers = iter(range(1, 100_000))

    def send(text: str) -> None:
        line.close()  # the server lets go of a line that was idle for some seconds
        body = talk.text(next(numbers), 1, text)
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(body, secret)}
        line.request("POST", f"/webhooks/{channel.connection_id}/", body, headers)
        answer = line.getresponse()
        answer.read()
        assert answer.status == 200, answer.status

    return send

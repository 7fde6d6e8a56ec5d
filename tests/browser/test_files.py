"""Files in the inbox: seen, heard, asked for again, and sent along, by mouse, by keys and by whoever reads by ear."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from conversations.media import store
from conversations.models import Attachment, Conversation, Message
from simulator.media import invoice, picture, voice_note
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import PEOPLE, Shop
from tests.browser.test_pictures import take

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
FILE = "const data = new DataTransfer(); data.items.add(new File(['words'], name, { type: 'text/plain' }));"
PASTE = f"""(name) => {{ {FILE} document.querySelector('textarea[data-text]').dispatchEvent(
  new ClipboardEvent('paste', {{ clipboardData: data, bubbles: true, cancelable: true }})); }}"""
DROP = f"""(name) => {{ {FILE} for (const word of ['dragenter', 'dragover', 'drop']) document.querySelector('[data-messages]').dispatchEvent(
  new DragEvent(word, {{ dataTransfer: data, bubbles: true, cancelable: true }})); }}"""


def photo(number: int, width: int, height: int) -> bytes:
    """A picture one can tell from the others."""
    image = Image.new(
        "RGB", (width, height), [(91, 141, 239), (239, 160, 91), (96, 180, 120), (190, 120, 200)][number % 4]
    )
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width * 3 // 4, height * 3 // 4), fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def in_english(shop: Shop) -> None:
    """Let the agent read English: the sentences are what is looked for."""
    shop.users[0].language = "en"
    shop.users[0].save()


class Files:
    """A talk that holds every kind of file."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        person = shop.customer(PEOPLE[0], "whatsapp")
        self.talk = shop.conversation(
            person, "whatsapp", shop.now - timedelta(hours=2), status="open", assignee=shop.users[0]
        )
        self.minutes = 60.0

    def say(self, kind: str, text: str = "", **fields: Any) -> Message:
        """Say something a minute later."""
        self.minutes -= 1
        return self.shop.say(self.talk, self.shop.now - timedelta(minutes=self.minutes), text, kind=kind, **fields)

    def keep(self, message: Message, kind: str, mime_type: str, body: bytes, filename: str = "", **fields: Any) -> None:
        """Put a stored file under a message."""
        kept = store.keep(self.shop.workspace.pk, mime_type, io.BytesIO(body))
        Attachment.objects.create(
            workspace=self.shop.workspace, message=message, kind=kind, mime_type=mime_type, filename=filename, size=len(body),
            state="stored", sha256=f"{random.getrandbits(256):064x}", stored_as=kept.stored_as, thumbnail=kept.thumbnail,
            width=kept.width, height=kept.height, **fields,
        )  # fmt: skip

    def tell(self) -> Conversation:
        """Say everything."""
        self.keep(self.say("image", "Segue a etiqueta"), "image", "image/jpeg", photo(0, 1200, 900), "etiqueta.jpg")
        many = self.say("image", "E o resto da caixa")
        for number in range(5):
            self.keep(many, "image", "image/jpeg", photo(number, 900, 600 + 200 * number), f"caixa {number + 1}.jpg")
        self.keep(self.say("audio"), "audio", "audio/ogg", voice_note(3.0), voice=True)
        self.keep(self.say("audio"), "audio", "audio/ogg", voice_note(2.0), "recado.ogg")
        self.keep(self.say("document"), "document", "application/pdf", invoice("Pedido 1042"), "nota fiscal 1042.pdf")
        self.keep(self.say("sticker"), "sticker", "image/png", picture(random.Random(2), 200, 200))
        waiting = self.say("image")
        Attachment.objects.create(workspace=self.shop.workspace, message=waiting, kind="image", mime_type="image/jpeg")
        gone = self.say("document")
        Attachment.objects.create(
            workspace=self.shop.workspace, message=gone, kind="document", mime_type="application/pdf",
            filename="contrato.pdf", state="unavailable", reason="The file is no longer there.", source_url="https://x.invalid/",
        )  # fmt: skip
        self.say(
            "location",
            payload={"latitude": -23.5614, "longitude": -46.6559, "name": "Paulista", "address": "Av. Paulista"},
        )
        cards = [{"name": "Paula Teixeira", "phones": [{"phone": "+55 11 97777-0002"}]}, {"name": "Rui"}]
        self.say("contacts", payload={"contacts": cards})
        asked = {
            "kind": "buttons",
            "choices": [{"id": "1", "title": "Retirar na loja"}, {"id": "2", "title": "Receber em casa"}],
        }
        self.say("interactive", "Como prefere receber?", author=self.shop.users[0], payload=asked)
        return self.talk


def test_it_works(page: Page, shop: Shop, sign_in: SignIn) -> None:
    in_english(shop)
    talk = Files(shop).tell()
    sign_in(to=f"/inbox/{talk.pk}/")
    pictures = page.locator(".photo:visible")
    expect(pictures).to_have_count(5)
    box = pictures.first.locator("img")
    assert box.evaluate("image => [image.width, image.height]") == [320, 240]
    pictures.first.focus()
    page.keyboard.press("Enter")
    large = page.get_by_role("dialog")
    expect(large).to_contain_text("etiqueta.jpg")
    expect(large).to_contain_text("1 of 6")
    expect(large.locator("img")).to_have_js_property("naturalWidth", 1200)
    page.keyboard.press("ArrowRight")
    expect(large).to_contain_text("caixa 1.jpg")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(pictures.nth(1)).to_be_focused()
    voice = page.get_by_role("group", name="Voice note")
    expect(voice.locator("time, .player-time")).to_have_text("0:03")
    voice.get_by_role("slider").focus()
    for _ in range(50):
        page.keyboard.press("ArrowRight")
    assert voice.locator("audio").evaluate("audio => audio.currentTime") > 1
    voice.get_by_role("button", name=re.compile("Speed")).click()
    expect(voice.locator(".player-speed")).to_have_text("1.5×")
    voice.get_by_role("button", name="Play").click()
    expect(voice.get_by_role("button", name="Pause")).to_be_visible()
    assert voice.locator("audio").evaluate("audio => audio.playbackRate") == 1.5
    page.get_by_role("button", name="Fetch again: contrato.pdf").click()
    expect(page.locator(".file.gone")).to_have_count(0)
    assert Attachment.objects.get(filename="contrato.pdf").state == "pending"
    expect_no_barrier(page)


def test_files_are_sent_along(page: Page, shop: Shop, sign_in: SignIn) -> None:
    in_english(shop)
    talk = shop.long_talk()
    sign_in(to=f"/inbox/{talk.pk}/")
    chooser = page.locator("[data-files]")
    huge: list[Any] = [{"name": "enorme.png", "mimeType": "image/png", "buffer": bytes(6_000_000)}]
    chooser.set_input_files(huge)
    refused = page.locator(".tray-file")
    expect(refused).to_contain_text("enorme.png has 5.7 MB; WhatsApp takes at most 5 MB of this kind of file.")
    page.get_by_role("button", name="Remove enorme.png").click()
    expect(refused).to_have_count(0)
    for name, event in {"colado.txt": PASTE, "solto.txt": DROP}.items():
        page.evaluate(event, name)
        expect(page.locator('.tray-file[data-state="here"]')).to_contain_text(name)
        page.get_by_role("button", name=f"Remove {name}").click()
    files: list[Any] = [
        {"name": "comprovante.png", "mimeType": "image/png", "buffer": picture(random.Random(3))},
        {"name": "nota.pdf", "mimeType": "application/pdf", "buffer": invoice("Nota")},
    ]
    chooser.set_input_files(files)
    expect(page.locator('.tray-file[data-state="here"]')).to_have_count(2)
    page.locator("textarea[data-text]").fill("Segue o comprovante")
    take(page, "files_tray")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".tray-file")).to_have_count(0)
    expect(page.locator(".message.out", has_text="Segue o comprovante").locator(".photo")).to_be_visible()
    expect(page.locator(".message[data-id^=local]")).to_have_count(0)
    expect(page.locator(".message.out a.file", has_text="nota.pdf")).to_be_visible()
    sent = Message.objects.filter(conversation=talk, direction="outbound").order_by("-seq")[:2]
    assert [(row.kind, row.text, row.attachments.get().filename) for row in sent] == [
        ("document", "", "nota.pdf"), ("image", "Segue o comprovante", "comprovante.png"),
    ]  # fmt: skip


def test_it_fits_every_window(page: Page, shop: Shop, sign_in: SignIn) -> None:
    talk = Files(shop).tell()
    sign_in(to=f"/inbox/{talk.pk}/")
    themes: list[Any] = ["light", "dark"]
    for theme in themes:
        for name, size in {"wide": (1440, 900), "phone": (390, 844)}.items():
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": size[0], "height": size[1]})
            scroller = page.locator("[data-messages-scroller]")
            for part, place in {"top": 0, "middle": 620, "end": 100_000}.items():
                scroller.evaluate("(element, place) => element.scrollTo(0, place)", place)
                take(page, f"files_{part}_{theme}_{name}")
    page.locator(".photo").first.click()
    take(page, "files_large_phone")

"""Saying more than text over the API: files, templates, questions, places; judged before anything is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.response import Response

from conversations.models import (
    Attachment,
    FeedEvent,
    Gesture,
    HistoryEvent,
    Message,
    MessageStatus,
    OutboxEntry,
    Reaction,
    Template,
)
from hub.models import Workspace
from simulator.templates import usual
from tests import factories
from tests.conversations.api.conftest import Shop

API = "/api/v1"


def say(shop: Shop, **body: Any) -> Response:
    return shop.api.post(f"{API}/conversations/{shop.talk.pk}/messages", {"client_id": "c1"} | body, "json")


def refused(shop: Shop, **body: Any) -> dict[str, Any]:
    """Return why words were refused, and see that nothing came of them."""
    before = [model.objects.count() for model in (Message, OutboxEntry, HistoryEvent, FeedEvent)]
    files = list(Attachment.objects.values_list("pk", "message").order_by("pk"))
    answer = say(shop, **body)
    assert answer.status_code == 400, answer.content
    assert [model.objects.count() for model in (Message, OutboxEntry, HistoryEvent, FeedEvent)] == before
    assert list(Attachment.objects.values_list("pk", "message").order_by("pk")) == files
    return dict(answer.json()["errors"])


def file(place: Workspace, kind: str = "image", mime: str = "image/png", **fields: Any) -> Attachment:
    """An uploaded file that nobody has sent."""
    usually = {"state": "stored", "stored_as": "a/b", "size": 5, "filename": "foto.png"}
    return Attachment.objects.create(workspace=place, kind=kind, mime_type=mime, **usually | fields)


@pytest.fixture
def catalog(shop: Shop) -> dict[str, Template]:
    """The shop's templates, as the simulator lists them."""
    rows = [
        Template(
            workspace=shop.place,
            channel=shop.line,
            provider_id=one["id"],
            name=one["name"],
            language=one["language"],
            category=one["category"].lower(),
            status=one["status"].lower(),
            components=one["components"],
        )
        for one in usual()
    ]
    return {f"{row.name}/{row.language}": row for row in Template.objects.bulk_create(rows)}


def silence(shop: Shop, hours: float = 30) -> None:
    """Let the customer have said nothing for so long."""
    Message.objects.filter(conversation=shop.talk).update(sent_at=timezone.now() - timedelta(hours=hours))


def test_it_works(shop: Shop) -> None:
    sent = file(shop.place)
    said = say(shop, text="Olha", attachments=[str(sent.pk)]).json()
    assert (said["kind"], said["text"], said["status"]) == ("image", "Olha", "queued")
    assert [(one["id"], one["kind"], one["state"]) for one in said["attachments"]] == [
        (str(sent.pk), "image", "stored")
    ]
    assert HistoryEvent.objects.get().data == {"author": "agent", "kind": "image", "by": "agent"}
    again = say(shop, attachments=[str(sent.pk)])
    assert (again.status_code, again.json()["id"]) == (200, said["id"])


def test_it_sends_what_is_no_picture_there_as_a_document(shop: Shop) -> None:
    gif = file(shop.place, "image", "image/gif", filename="a.gif")
    assert say(shop, attachments=[{"id": str(gif.pk)}]).json()["kind"] == "document"
    gif.refresh_from_db()
    assert gif.kind == "document"


def test_it_keeps_a_file_with_a_note(shop: Shop) -> None:
    sent = file(shop.place, "document", "application/pdf", size=900_000_000)
    said = say(shop, private=True, attachments=[str(sent.pk)]).json()
    assert (said["kind"], len(said["attachments"]), OutboxEntry.objects.count()) == ("note", 1, 0)


def test_it_refuses_files_that_cannot_go(shop: Shop) -> None:
    used, foreign = file(shop.place, message=Message.objects.get()), file(factories.workspace())
    late, large = file(shop.place, state="pending"), file(shop.place, size=6 * 1024 * 1024)
    voice = file(shop.place, "audio", "audio/ogg")
    sentences = {
        (str(uuid4()),): "There is no such file here.",
        (str(foreign.pk),): "There is no such file here.",
        (str(used.pk),): "This file was sent already: choose it again.",
        (str(late.pk),): "This file is not here yet.",
        (str(large.pk),): "foto.png has 6 MB; this channel takes at most 5 MB of this kind of file.",
        (str(voice.pk), str(voice.pk)): "A file may be in a message once, and at most 20.",
        (str(voice.pk), str(file(shop.place).pk)): "This channel takes at most 1 files in one message.",
    }
    for ids, sentence in sentences.items():
        assert refused(shop, attachments=list(ids)) == {"attachments": sentence}
    one_word = "This kind of file takes no text beside it on this channel: send the text on its own."
    assert refused(shop, attachments=[str(voice.pk)], text="ouça") == {"text": one_word}


def test_it_asks_and_points(shop: Shop) -> None:
    buttons = [{"title": "Sim"}, {"id": "n", "title": "Não"}]
    asked = say(shop, text="Pode ser?", interactive={"kind": "buttons", "buttons": buttons, "footer": "Loja"}).json()
    choices = [{"id": "Sim", "title": "Sim"}, {"id": "n", "title": "Não"}]
    assert (asked["kind"], asked["text"]) == ("interactive", "Pode ser?")
    assert asked["payload"] == {"kind": "buttons", "choices": choices, "footer": "Loja"}
    rows = [{"title": "Centro", "rows": [{"id": "1", "title": "Sé", "description": "Praça"}]}]
    listed = say(
        shop, client_id="2", text="Qual?", interactive={"kind": "list", "button": "Ver", "sections": rows}
    ).json()
    assert (listed["payload"]["kind"], listed["payload"]["sections"][0]["rows"][0]["title"]) == ("list", "Sé")
    link = {"kind": "link", "title": "Pagar", "url": "https://shop.example"}
    assert say(shop, client_id="3", text="Aqui", interactive=link).json()["payload"] == link
    where = say(shop, client_id="4", text="Onde?", interactive={"kind": "location_request"}).json()
    assert where["payload"] == {"kind": "location_request"}
    place = {"latitude": -23.5, "longitude": -46.6, "name": "Loja"}
    assert say(shop, client_id="5", location=place).json()["payload"] == place
    card = {"name": "Ana", "phones": [{"phone": "+55 11 96100-0001"}]}
    assert say(shop, client_id="6", contacts=[card]).json()["payload"] == {"contacts": [card]}
    assert OutboxEntry.objects.count() == 6


def test_it_refuses_a_question_the_channel_would_not_take(shop: Shop) -> None:
    four = [{"title": str(number)} for number in range(4)]
    assert refused(shop, text="?", interactive={"kind": "buttons", "buttons": four}) == {
        "interactive": "WhatsApp takes one to 3 buttons."
    }
    assert refused(shop, interactive={"kind": "location_request"}) == {"text": "The message is empty."}
    together = "These cannot be said in one message: send them one after the other."
    place = {"latitude": 1, "longitude": 1}
    assert refused(shop, text="?", location=place, interactive={"kind": "location_request"}) == {"location": [together]}
    alone = "A location or a contact takes no text beside it: send the text on its own."
    assert refused(shop, text="aqui", location=place) == {"text": alone}
    question = {"kind": "location_request"}
    assert refused(shop, text="?", interactive=question, attachments=[str(file(shop.place).pk)]) == {
        "attachments": together
    }
    assert refused(shop, private=True, location=place) == {"private": "A note holds text and files only."}


def test_it_sends_a_template_when_nothing_else_may_go(shop: Shop, catalog: dict[str, Template]) -> None:
    silence(shop)
    template = {"name": "retomar_conversa", "language": "pt_BR", "parameters": ["Ana"]}
    assert say(shop, text="Oi").status_code == 409
    said = say(shop, template=template).json()
    assert (said["kind"], said["text"]) == ("template", "Olá, Ana! Podemos continuar o seu atendimento?")
    assert said["payload"] == {
        "name": "retomar_conversa", "language": "pt_BR", "category": "utility", "footer": "Loja Aurora",
        "values": [{"name": "1", "text": "Ana"}],
    }  # fmt: skip
    assert HistoryEvent.objects.get().data["template"] == "retomar_conversa"


def test_it_fills_every_part_of_a_template(shop: Shop, catalog: dict[str, Template]) -> None:
    values = {"1": "Ana", "2": 4512}
    template = {
        "name": "pedido_enviado",
        "parameters": values,
        "header": {"parameters": ["4512"]},
        "buttons": {"0": "4512"},
    }
    said = say(shop, template=template).json()
    assert said["text"] == "Olá, Ana! O seu pedido 4512 saiu para entrega."
    assert said["payload"]["header"] == {
        "kind": "text",
        "text": "Pedido 4512",
        "values": [{"name": "1", "text": "4512"}],
    }
    assert said["payload"]["buttons"] == [
        {"kind": "url", "title": "Acompanhar", "value": "4512", "url": "https://loja.example/pedidos/4512"},
        {"kind": "quick_reply", "title": "Falar com alguém"},
    ]
    nota = file(shop.place, "document", "application/pdf")
    invoice = {"name": "nota_fiscal", "parameters": ["4512"]}
    said = say(shop, client_id="2", template=invoice, attachments=[str(nota.pk)]).json()
    assert (said["payload"]["header"], len(said["attachments"])) == ({"kind": "document"}, 1)
    linked = invoice | {"header": {"link": "https://shop.example/nota.pdf"}}
    said = say(shop, client_id="3", template=linked).json()
    assert said["payload"]["header"] == {"kind": "document", "link": "https://shop.example/nota.pdf"}


def test_it_reads_a_template_as_whatsapps_own_api_writes_it(shop: Shop, catalog: dict[str, Template]) -> None:
    text = [{"type": "text", "text": "4512"}]
    components = [
        {"type": "header", "parameters": text},
        {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, *text]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": text},
    ]
    template = {"name": "pedido_enviado", "language": {"code": "pt_BR"}, "components": components}
    said = say(shop, template=template).json()
    assert said["text"] == "Olá, Ana! O seu pedido 4512 saiu para entrega."
    assert said["payload"]["buttons"][0]["url"] == "https://loja.example/pedidos/4512"


TEMPLATES: list[tuple[dict[str, Any], str]] = [
    ({"name": "nobody_made_it"}, "There is no template nobody_made_it on this channel."),
    ({"name": "retomar_conversa"}, "Say the language of the template."),
    ({"name": "retomar_conversa", "language": "fr"}, "This template exists only in: en_US, pt_BR."),
    ({"name": "retomar_conversa", "language": "pt_BR"}, "The template needs a value for {{1}}."),
    ({"name": "retomar_conversa", "language": "pt_BR", "parameters": ["a", "b"]}, "The template has no blank {{2}}."),
    (
        {"name": "retomar_conversa", "language": "pt_BR", "parameters": ["a\nb"]},
        "A value of a template takes no line breaks, no tabs and no more than four spaces.",
    ),
    ({"name": "carrinho_esquecido", "parameters": ["a"]}, "This template is paused because of its quality."),
    ({"name": "aviso_antigo"}, "This template was rejected."),
    ({"name": "nota_fiscal", "parameters": ["1"]}, "The template needs a document."),
    (
        {"name": "pedido_enviado", "parameters": ["a", "b"], "header": {"parameters": ["1"]}},
        "The template needs a value for its button Acompanhar.",
    ),
    ({"name": "pedido_enviado", "parameters": ["a", "b"]}, "The template needs a value for {{1}} in its heading."),
    (
        {"name": "retomar_conversa", "language": "pt_BR", "parameters": ["a"], "header": {"link": "https://a.b/c.png"}},
        "The template has no place for a file.",
    ),
    (
        {"name": "retomar_conversa", "language": "pt_BR", "parameters": ["a"], "buttons": {"3": "x"}},
        "The template has no button 3.",
    ),
]


def test_it_refuses_a_template_that_cannot_be_sent(shop: Shop, catalog: dict[str, Template]) -> None:
    silence(shop)
    for template, sentence in TEMPLATES:
        assert refused(shop, template=template) == {"template": sentence}, template
    Template.objects.update(gone_at=timezone.now())
    gone = {"name": "nota_fiscal", "language": "pt_BR"}
    assert refused(shop, template=gone) == {"template": "There is no template nota_fiscal on this channel."}


def test_it_lets_the_provider_judge_templates_that_nobody_listed(shop: Shop) -> None:
    said = say(shop, template={"name": "hello", "language": "en", "parameters": ["Ana"]}).json()
    assert (said["kind"], said["text"]) == ("template", "")
    assert said["payload"] == {"name": "hello", "language": "en", "values": [{"name": "1", "text": "Ana"}]}


def test_it_shows_a_reaction_at_once_and_sends_the_newest(shop: Shop) -> None:
    message = Message.objects.get()
    address = f"{API}/messages/{message.pk}/reactions"
    shown = shop.api.post(address, {"emoji": "👍"}, "json").json()
    assert [(one["emoji"], one["by"]) for one in shown["reactions"]] == [("👍", "business")]
    Gesture.objects.update(state="done", attempts=3)
    assert shop.api.post(address, {"emoji": "❤️"}, "json").json()["reactions"][0]["emoji"] == "❤️"
    gesture = Gesture.objects.get()
    assert (gesture.emoji, gesture.state, gesture.attempts, gesture.channel) == ("❤️", "queued", 0, shop.line)
    told = FeedEvent.objects.count()
    assert shop.api.post(address, {"emoji": "❤️"}, "json").status_code == 200
    assert FeedEvent.objects.count() == told
    assert shop.api.post(address, {"emoji": ""}, "json").json()["reactions"] == []
    assert Gesture.objects.get().emoji == ""
    assert Reaction.objects.count() == 1


@pytest.mark.parametrize("emoji", ["ok", "1", "👍 👍", "<b>", "👍a", "👍" * 33, 5, None])
def test_it_refuses_a_reaction_that_is_none(shop: Shop, emoji: Any) -> None:
    answer = shop.api.post(f"{API}/messages/{Message.objects.get().pk}/reactions", {"emoji": emoji}, "json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["emoji"])
    assert Gesture.objects.count() == Reaction.objects.count() == 0


def test_it_refuses_a_reaction_where_none_can_be(shop: Shop) -> None:
    ours = factories.message(shop.talk, shop.line, direction="outbound")
    answer = shop.api.post(f"{API}/messages/{ours.pk}/reactions", {"emoji": "👍"}, "json")
    sentence = "Only a message of the customer that is still there takes a reaction."
    assert answer.json()["errors"] == {"emoji": sentence}
    silence(shop)
    heard = Message.objects.filter(direction="inbound").get()
    assert shop.api.post(f"{API}/messages/{heard.pk}/reactions", {"emoji": "👍"}, "json").status_code == 409
    assert Gesture.objects.count() == Reaction.objects.count() == 0


def test_it_tells_what_a_message_costs(shop: Shop) -> None:
    ours = factories.message(shop.talk, shop.line, direction="outbound")
    assert shop.api.get(f"{API}/messages/{ours.pk}").json()["pricing"] is None
    price = {"pricing_model": "PMP", "type": "regular", "category": "utility"}
    MessageStatus.objects.create(workspace=shop.place, message=ours, status="sent", pricing=price)
    MessageStatus.objects.create(workspace=shop.place, message=ours, status="read")
    assert shop.api.get(f"{API}/messages/{ours.pk}").json()["pricing"] == price

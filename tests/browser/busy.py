"""A busy afternoon of the shop: every row carries what a row can, the opened talk all that happens around one."""

from __future__ import annotations

import io
import random
from datetime import timedelta
from typing import Any

from django.utils import timezone

from conversations import search
from conversations.media import store
from conversations.models import (
    Attachment,
    Attention,
    CannedReply,
    Conversation,
    CustomField,
    Draft,
    HistoryEvent,
    Label,
    Macro,
    Mention,
    Message,
    SavedView,
    Template,
)
from simulator.media import picture, voice_note
from simulator.templates import usual
from tests.browser.company import Shop

LABELS = (
    ("Troca", "amber"), ("VIP", "purple"), ("Entrega", "teal"), ("Segunda via de boleto", "blue"), ("Reclamação", "red"),
    ("Pré-venda", "green"), ("Atacado", "grey"),
)  # fmt: skip
ORDER: dict[str, Any] = {"order": "4512", "value": "389.90", "currency": "BRL"}
OUTSIDE: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (2880, "order.placed", ORDER),
    (2860, "payment_link.paid", {"link": "pix-9", "value": "389.90", "currency": "BRL"}),
    (1500, "order.shipped", ORDER),
    (90, "order.delivered", ORDER),
)
MARKS: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (60, "conversation.labeled", {"label": "Troca"}),
    (45, "conversation.prioritized", {"priority": 3, "before": 0}),
)
FIELDS: tuple[tuple[str, str, str, str, list[str]], ...] = (
    ("customer", "size", "Número que calça", "number", []),
    ("conversation", "reason", "Motivo da troca", "choice", ["Ficou pequeno", "Veio com defeito"]),
    ("conversation", "order", "Número do pedido", "text", []),
)
DUE_IN, PRIORITY = (-3, 12, 40, 150), (4, 3, 0, 2)  # minutes, and how much it matters, of the newest rows


def afternoon(shop: Shop) -> Conversation:
    """Make it; return the talk to open."""
    talk = shop.long_talk()
    list(shop.crowd())
    julia, marcos = shop.users[0], shop.users[1]
    labels = [Label.objects.create(workspace=shop.workspace, name=name, color=color) for name, color in LABELS]
    mine = list(Conversation.objects.filter(assignee=julia).exclude(pk=talk.pk).order_by("-last_message_at"))
    now = timezone.now()
    for place, row in enumerate(mine[: len(DUE_IN)]):
        row.label_ids = [one.pk for one in labels[place : place + 3 - place % 2]]
        row.priority, row.due_kind = PRIORITY[place], "next_response"
        row.due_at = now + timedelta(minutes=DUE_IN[place])
        row.save()
    talk.label_ids, talk.priority = [labels[0].pk, labels[1].pk], 3
    talk.due_at, talk.due_kind = now + timedelta(minutes=9), "next_response"
    talk.attributes = {"reason": "Ficou pequeno"}
    talk.route_reason = {"rule": "sticky", "agent": julia.email, "name": "Júlia Andrade", "load": 3, "capacity": 6}
    talk.save()
    _happened(shop, talk)
    _files(shop, talk)
    for seen in (talk, mine[2]):
        Attention.objects.create(workspace=shop.workspace, conversation=seen, user=marcos, doing="views")
    Draft.objects.create(workspace=shop.workspace, conversation=mine[3], user=julia, text="Vou verificar com a loja")
    _kept(shop)
    search.keep(shop.workspace.pk, Message.objects.values_list("pk", flat=True))
    return talk


def _kept(shop: Shop) -> None:
    """Keep what people work with: fields, a reply, a macro, a view, templates."""
    place = shop.workspace
    for of, key, title, kind, choices in FIELDS:
        CustomField.objects.create(workspace=place, of=of, key=key, title=title, kind=kind, choices=choices)
    text = "{{customer.first_name|Olá}}, são 30 dias."
    CannedReply.objects.create(workspace=place, shortcut="prazo", title="Prazo de troca", text=text)
    Macro.objects.create(workspace=place, name="Encerrar troca", actions=[{"do": "resolve"}])
    SavedView.objects.create(
        workspace=place, owner=shop.users[0], name="Trocas urgentes", filters={"priority": "urgent"}
    )
    for one in usual():
        Template.objects.create(
            workspace=place, channel=shop.channels["whatsapp"], name=one["name"], language=one["language"],
            category=one["category"].lower(), status=one["status"].lower(), components=one["components"],
        )  # fmt: skip


def _files(shop: Shop, talk: Conversation) -> None:
    """Fetch what the talk's files hold: a picture and a voice note."""
    bodies = {"image": ("image/png", picture(random.Random(3), 1200, 900)), "audio": ("audio/ogg", voice_note(9.0))}
    for row in Attachment.objects.filter(message__conversation=talk):
        row.mime_type, body = bodies[row.kind]
        kept = store.keep(shop.workspace.pk, row.mime_type, io.BytesIO(body))
        row.state, row.size, row.sha256, row.voice = "stored", len(body), f"{row.pk.int:064x}", row.kind == "audio"
        row.stored_as, row.thumbnail, row.width, row.height = kept.stored_as, kept.thumbnail, kept.width, kept.height
        row.save()


def _happened(shop: Shop, talk: Conversation) -> None:
    """Tell what was done with the talk and what happened outside of it, and let Marcos name Júlia in a note."""
    julia, marcos = shop.users[0], shop.users[1]
    for ago, word, data in MARKS:
        HistoryEvent.objects.create(
            workspace=shop.workspace, customer=talk.customer, conversation=talk, type=word, actor=julia,
            actor_kind="agent", occurred_at=shop.now - timedelta(minutes=ago), data=data,
        )  # fmt: skip
    for ago, word, data in OUTSIDE:
        HistoryEvent.objects.create(
            workspace=shop.workspace, customer=talk.customer, type=word, source="shopify", external_id=f"{word}-{ago}",
            occurred_at=shop.now - timedelta(minutes=ago), data=data,
        )  # fmt: skip
    text = "@Júlia Andrade, a coleta já está paga. Pode liberar?"
    payload = {"mentions": [{"id": str(julia.pk), "name": "Júlia Andrade"}]}
    at = shop.now - timedelta(minutes=2)
    note = shop.say(talk, at, text, author=marcos, kind="note", status="sent", payload=payload)
    Mention.objects.create(workspace=shop.workspace, conversation=talk, message=note, user=julia)

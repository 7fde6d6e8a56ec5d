"""A small Brazilian shop for the browser: people, conversations in every state, one long talk that holds every kind of message."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from conversations.channels.types import Credentials
from conversations.models import (
    Attachment,
    Channel,
    Connection,
    Conversation,
    Customer,
    HistoryEvent,
    Identity,
    Message,
    Reaction,
)
from hub.models import Membership, Role, Team, User, Workspace
from tests.conversations.bodies import ACCOUNT

PASSWORD = "novelo-de-linha-azul"
SECRET = "made-up-app-secret"
AGENTS = [
    ("Júlia Andrade", Role.ADMIN),
    ("Marcos Vieira", Role.SUPERVISOR),
    ("Renata Lopes", Role.AGENT),
    ("Caio Prado", Role.AGENT),
]
PEOPLE = """Mariana Teixeira|Rafael Costa|Bruno Rodrigues|Karina Lima|João Barbosa|Sofia Oliveira|Thiago Martins|Natália Pereira
Larissa Nunes|Felipe Araújo|Camila Ribeiro|Gustavo Melo|Beatriz Fonseca|André Cardoso|Patrícia Moura|Diego Farias|Aline Castro
Vinícius Rocha|Fernanda Dias|Leandro Pinto|Isabela Duarte|Otávio Campos|Luana Freitas|Pedro Henrique Sales|Tatiane Gomes
Murilo Azevedo|Débora Santana|Eduardo Tavares""".replace("\n", "|").split("|")
ASKS = """Boa tarde! Quero trocar o tamanho do tênis que comprei ontem|Meu pedido ainda não chegou, podem verificar?
Vocês têm esse vestido na cor azul-marinho?|O boleto venceu ontem, consigo uma segunda via?|Recebi o produto com defeito e gostaria de devolver
Qual o prazo de entrega para Recife?|A nota fiscal veio com o CPF errado|Tem desconto para pagamento no Pix?|Quero falar com um atendente, por favor
Enviei o comprovante por aqui|Bom dia, a loja do shopping abre no feriado?|O cupom PRIMEIRA10 não está funcionando""".replace(
    "\n", "|"
).split("|")
ANSWERS = """Claro! Já estou verificando para você 😊|Seu pedido saiu para entrega hoje cedo.|Pode me informar o número do pedido?
Prontinho, a segunda via foi para o seu e-mail.|Temos sim! Separo um para você retirar na loja?""".replace(
    "\n", "|"
).split("|")


@cache
def hashed() -> str:
    """Return the hash of everybody's password, made once: it is slow on purpose."""
    return make_password(PASSWORD)


class Shop:
    """The rows of one workspace, made in order so that every run shows the same."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or timezone.now()
        self.workspace = Workspace.objects.create(slug="casa-aurora", name="Casa Aurora")
        self.users = [self._member(name, role) for name, role in AGENTS]
        self.team = Team.objects.create(workspace=self.workspace, name="Pós-venda")
        connection = Connection(workspace=self.workspace, provider="meta")
        connection.keep(Credentials(app_secrets=(SECRET,), verify_token="verify", access_token="access"))
        connection.save()
        self.connection = connection
        self.channels = {
            kind: Channel.objects.create(
                workspace=self.workspace,
                connection=connection if kind != "webchat" else None,
                kind=kind,
                name=name,
                address=address,
            )
            for kind, name, address in (
                ("whatsapp", "WhatsApp Loja", ACCOUNT),
                ("instagram", "@casaaurora", "17841400000000001"),
                ("messenger", "Casa Aurora", "102030405060"),
                ("webchat", "Chat do site", ""),
            )
        }
        self.serial = itertools.count(1)

    def _member(self, name: str, role: Role) -> User:
        email = f"{name.split(maxsplit=1)[0].lower().replace('ú', 'u')}@casaaurora.example"
        user = User.objects.create(email=email, name=name, password=hashed())
        Membership.objects.create(workspace=self.workspace, user=user, role=role)
        return user

    def customer(self, name: str, kind: str = "whatsapp", **attributes: Any) -> Customer:
        """Make a person with one address of the channel kind."""
        number = next(self.serial)
        person = Customer.objects.create(workspace=self.workspace, name=name, attributes=attributes)
        address = {
            "whatsapp": ("wa_id", f"55119888800{number:02}", ""),
            "instagram": ("igsid", f"17840{number:06}", name.split(maxsplit=1)[0].lower() + ".shop"),
            "messenger": ("psid", f"9908{number:06}", ""),
            "webchat": ("visitor", f"v-{number:06}", ""),
        }[kind]
        Identity.objects.create(
            workspace=self.workspace,
            customer=person,
            kind=address[0],
            value=address[1],
            username=address[2],
            channel_kind=kind,
        )
        return person

    def conversation(self, person: Customer, kind: str, opened: datetime, **fields: Any) -> Conversation:
        """Open a conversation of ``person`` on the channel of ``kind``."""
        channel = self.channels[kind]
        return Conversation.objects.create(
            workspace=self.workspace, customer=person, opened_at=opened, channel_ids=[channel.pk], last_channel=channel,
            **{"status": "waiting", **fields},
        )  # fmt: skip

    def say(self, talk: Conversation, at: datetime, text: str = "", **fields: Any) -> Message:
        """Add a message; inbound by the customer unless ``author`` says who answered. Keeps the conversation's marks."""
        author: User | None = fields.pop("author", None)
        outbound = author is not None or fields.get("author_kind") in {"bot", "device"}
        talk.last_seq += 1
        message = Message.objects.create(**{
            "workspace": self.workspace, "conversation": talk, "customer": talk.customer, "channel": talk.last_channel,
            "direction": "outbound" if outbound else "inbound", "author_kind": "agent" if outbound else "customer",
            "author": author, "kind": "text", "text": text, "sent_at": at, "received_at": at, "seq": talk.last_seq,
            "status": "read" if outbound else "delivered", "provider_id": f"wamid.{next(self.serial)}", **fields,
        })  # fmt: skip
        talk.last_message, talk.last_message_at = message, at
        if outbound:
            talk.waiting_since = None
            talk.first_response_at = talk.first_response_at or at
        else:
            talk.waiting_since = talk.waiting_since or at
            talk.last_inbound_at = at
        talk.save()
        return message

    def happened(
        self, talk: Conversation, word: str, at: datetime, actor: User | None, agent: User | None = None
    ) -> None:
        """Write what was done with the conversation."""
        HistoryEvent.objects.create(
            workspace=self.workspace, customer=talk.customer, conversation=talk, type=word, occurred_at=at, actor=actor,
            actor_kind="agent" if actor else "rule", data={"agent": agent.email if agent else None},
        )  # fmt: skip

    def crowd(self) -> Iterator[Conversation]:
        """Make the shop's afternoon: every person of the list with a short talk, the newest first."""
        kinds = itertools.cycle(["whatsapp", "instagram", "whatsapp", "webchat", "whatsapp", "messenger"])
        owners = itertools.cycle(
            [self.users[0], None, self.users[0], self.users[1], self.users[0], self.users[2], None]
        )
        age = timedelta(minutes=2)
        for number, (name, kind, owner) in enumerate(zip(PEOPLE[1:], kinds, owners, strict=False)):
            at = self.now - age
            person = self.customer(name, kind)
            status = "open" if owner else "waiting"
            talk = self.conversation(person, kind, at - timedelta(minutes=9), status=status, assignee=owner)
            if number % 3 == 0:
                talk.team = self.team
            self.say(talk, at - timedelta(minutes=9), ASKS[number % len(ASKS)])
            if owner:
                self.say(talk, at - timedelta(minutes=6), ANSWERS[number % len(ANSWERS)], author=owner)
            if number % 4 != 1:
                self.say(talk, at, ASKS[(number + 3) % len(ASKS)])
                talk.unread = [2, 0, 1, 5, 0, 3][number % 6]
                talk.save()
            age += timedelta(minutes=3 + 2 * number)
            yield talk

    def long_talk(self) -> Conversation:
        """Make the talk with Mariana: yesterday's messages, every kind, a note, a failure, a quote, a reaction, ticks."""
        return LongTalk(self).tell()


class LongTalk:
    """One conversation that shows everything a bubble can be."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.julia, self.marcos = shop.users[0], shop.users[1]
        person = shop.customer(PEOPLE[0], "whatsapp", cidade="São Paulo", cliente="VIP")
        Identity.objects.create(workspace=shop.workspace, customer=person, kind="email", value="mariana@exemplo.com.br")
        for days, text in ((47, "Queria a segunda via do boleto"), (9, "Troca de produto: o número veio errado")):
            before = shop.conversation(
                person,
                "whatsapp",
                shop.now - timedelta(days=days),
                status="resolved",
                resolved_at=shop.now - timedelta(days=days - 1),
            )
            shop.say(before, shop.now - timedelta(days=days), text)
        self.talk = shop.conversation(
            person, "whatsapp", shop.now - timedelta(hours=23), status="open", assignee=self.julia, team=shop.team
        )

    def at(self, minutes: float) -> datetime:
        """Return the time so many minutes ago."""
        return self.shop.now - timedelta(minutes=minutes)

    def tell(self) -> Conversation:
        """Say everything, in order."""
        photographed = self._yesterday()
        self._files_and_a_note(photographed)
        self._a_place_and_a_contact()
        self._troubles()
        self.talk.first_response_at = self.talk.opened_at + timedelta(minutes=1, seconds=42)
        self.talk.unread = 2
        self.talk.save()
        return self.talk

    def _yesterday(self) -> Message:
        """Say who came, and why; return the question for a photograph."""
        say, talk = self.shop.say, self.talk
        say(
            talk,
            self.at(1372),
            "Oi! Comprei um tênis na sexta e ficou pequeno 😕",
            referral={"headline": "Tênis de corrida com frete grátis"},
        )
        say(talk, self.at(1371), "Consigo trocar pelo 38?")
        say(
            talk,
            self.at(1370.5),
            "Olá, Mariana! Sou a assistente da Casa Aurora. Já chamo alguém do time.",
            author_kind="bot",
            author_name="Aurora",
        )
        self.shop.happened(talk, "conversation.assigned", self.at(1369.5), None, self.julia)
        say(
            talk,
            self.at(1369),
            "Oi, Mariana! Aqui é a Júlia. Consegue sim: a troca é grátis em até 30 dias.",
            author=self.julia,
        )
        return say(talk, self.at(1368), "Pode me mandar uma foto da etiqueta da caixa?", author=self.julia)

    def _files_and_a_note(self, quoted: Message) -> None:
        say, talk = self.shop.say, self.talk
        photo = say(talk, self.at(41), "Segue a etiqueta", kind="image", reply_to=quoted)
        self.file(photo, "image", "image/jpeg", "etiqueta.jpg", 284_512)
        self.file(say(talk, self.at(40), kind="audio"), "audio", "audio/ogg", "", 18_240)
        say(
            talk,
            self.at(39),
            "Cliente VIP: liberar coleta em casa sem custo (combinado com o Marcos).",
            author=self.julia,
            kind="note",
            status="sent",
        )
        say(
            talk,
            self.at(38),
            "Perfeito! Posso agendar a coleta em casa ou você prefere passar na loja da Paulista?",
            author=self.julia,
        )

    def _a_place_and_a_contact(self) -> None:
        say, talk = self.shop.say, self.talk
        say(talk, self.at(33), "Retirar na loja", kind="interactive", payload={"type": "button_reply"})
        place = {
            "latitude": -23.5614,
            "longitude": -46.6559,
            "name": "Casa Aurora Paulista",
            "address": "Av. Paulista, 1578 · Bela Vista",
        }
        say(talk, self.at(32), author=self.julia, kind="location", payload=place)
        thanks = say(talk, self.at(31), "Fica aberta até as 20h 🙌", author=self.julia, status="delivered")
        Reaction.objects.create(workspace=self.shop.workspace, message=thanks, by="customer", emoji="❤️", at=self.at(30))
        say(talk, self.at(20), "Vou com a minha irmã, pode retirar no nome dela?", edited_at=self.at(19))
        say(
            talk,
            self.at(19),
            kind="contacts",
            payload={
                "contacts": [{"name": {"formatted_name": "Paula Teixeira"}, "phones": [{"phone": "+55 11 97777-0002"}]}]
            },
        )

    def _troubles(self) -> None:
        """Say what failed, what was taken back, what cannot be shown, and what still waits for an answer."""
        say, talk = self.shop.say, self.talk
        say(talk, self.at(12), "Pode sim!", author=self.marcos, status="sent")
        wrong = {
            "code": "131026",
            "title": "A mensagem não pôde ser entregue a este número.",
            "error_class": "transient",
        }
        say(talk, self.at(11), "Segue o comprovante da troca.", author=self.marcos, status="failed", error=wrong)
        say(talk, self.at(6), "ok", deleted_at=self.at(5))
        say(talk, self.at(4), kind="unsupported", payload={"type": "poll"})
        say(talk, self.at(3), "Acabei de chegar na loja. Qual é o número do protocolo?")
        say(talk, self.at(2.5), "🙏")

    def file(self, message: Message, kind: str, mime_type: str, filename: str, size: int) -> None:
        """Put a file under a message that was not fetched yet."""
        Attachment.objects.create(
            workspace=self.shop.workspace, message=message, kind=kind, mime_type=mime_type, filename=filename, size=size
        )

"""What comes in during a benchmark: a shop, and bodies as the provider sends them, the same in every run."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence

from django.db import connection

from hub.ids import new_id
from tests.conversations import bodies
from tests.faults.load import ACCOUNT, Shop, new_shop

WORDS = """quero trocar o tamanho do tênis que comprei ontem vocês têm esse vestido na cor azul meu pedido ainda não chegou
podem verificar qual o prazo de entrega para Recife bom dia obrigada pela ajuda enviei o comprovante por aqui""".split()
REPLIES = 0.3  # share of bodies that are answers from the paired phone, where answers are asked for


def wamid(number: int) -> str:
    """Return a message id as long as WhatsApp's."""
    return f"wamid.HBgNNTUxMTk4NzY1MDAwMRUCABIYFjNBMDJCNzlF{number:012d}AA=="


def phone(number: int) -> str:
    """Return a Brazilian mobile number."""
    return f"55119{60_000_000 + number}"


def texts(count: int, people: int, *, seed: int = 7, first: int = 0, answers: bool = False) -> Iterator[bytes]:
    """Yield ``count`` bodies of one message each, from ``people`` customers in mixed order; with ``answers`` some are replies."""
    chance = random.Random(seed)
    now = int(time.time()) - count // 50 - 10
    seen: set[int] = set()
    for number in range(first, first + count):
        who = chance.randrange(people)
        said = " ".join(chance.choices(WORDS, k=chance.randrange(4, 18))).capitalize()
        at = now + number // 50
        if answers and who in seen and chance.random() < REPLIES:
            yield bodies.echo(wamid(number), to=phone(who), body=said, at=at)
        else:
            seen.add(who)
            yield bodies.messages(
                bodies.said(wamid(number), phone(who), at, text={"body": said}), account=ACCOUNT, name=f"Cliente {who}"
            )


def store(shop: Shop, some: Sequence[bytes]) -> None:
    """Store bodies as the door does, in this order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_delivery (id, workspace_id, connection_id, method, url, content_type, body, parsed, "
            "outcome, reason, attempts) SELECT id, %s, %s, 'POST', 'https://hub.example/webhooks/', 'application/json', "
            "body, false, 'pending', '', 0 FROM unnest(%s::uuid[], %s::bytea[]) AS new (id, body)",
            [shop.workspace.pk, shop.connection.pk, [new_id() for _ in some], list(some)],
        )


__all__ = ["ACCOUNT", "Shop", "new_shop", "phone", "store", "texts", "wamid"]

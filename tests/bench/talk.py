"""What customers say during a benchmark: bodies as the provider sends them, the same in every run. Knows no Django."""

from __future__ import annotations

import hashlib
import hmac
import random
import time
from collections.abc import Iterator

from tests.conversations import bodies

ACCOUNT = "100200300"
WORDS = """quero trocar o tamanho do tênis que comprei ontem vocês têm esse vestido na cor azul meu pedido ainda não chegou
podem verificar qual o prazo de entrega para Recife bom dia obrigada pela ajuda enviei o comprovante por aqui""".split()
REPLIES = 0.3  # share of bodies that are answers from the paired phone, where answers are asked for


def wamid(number: int) -> str:
    """Return a message id as long as WhatsApp's."""
    return f"wamid.HBgNNTUxMTk4NzY1MDAwMRUCABIYFjNBMDJCNzlF{number:012d}AA=="


def number_of(provider_id: str) -> int:
    """Return the number that ``wamid`` made an id of."""
    return int(provider_id[-16:-4])


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
        at = now + (number - first) // 50
        if answers and who in seen and chance.random() < REPLIES:
            yield bodies.echo(wamid(number), to=phone(who), body=said, at=at)
        else:
            seen.add(who)
            yield text(number, who, said, at)


def text(number: int, who: int, said: str, at: int | None = None) -> bytes:
    """Return the body of one text."""
    message = bodies.said(wamid(number), phone(who), at, text={"body": said})
    return bodies.messages(message, account=ACCOUNT, name=f"Cliente {who}")


def request(port: int, path: str, body: bytes, secret: str) -> bytes:
    """Return a signed POST as it goes over the wire, connection kept."""
    mark = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nuser-agent: facebookexternalua\r\naccept: */*\r\n"
        f"content-type: application/json\r\nx-hub-signature-256: sha256={mark}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body

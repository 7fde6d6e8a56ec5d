"""The people of a company: agents with their teams, customers with the addresses its systems know them by."""

from __future__ import annotations

import random
import unicodedata
from typing import NamedTuple

from simulator.company.plan import Person
from simulator.sentences import FIRST_NAMES, LAST_NAMES

CHANNELS = {"whatsapp": 0.5, "instagram": 0.22, "webchat": 0.18, "email": 0.1}
STORES = ("Centro", "Paulista", "Moema")
AREAS = ("11", "21", "31", "41", "51", "71")
SHORTENED = {"31", "41", "51", "71"}  # where WhatsApp knows old accounts without the ninth digit


class Agent(NamedTuple):
    """Somebody who serves; ``pace`` is how long their answers take, as a factor."""

    email: str
    team: str
    pace: float
    first_hour: int
    last_hour: int


AGENTS = (
    Agent("ana@demo.novelo", "Atendimento", 0.8, 8, 16),
    Agent("bruno@demo.novelo", "Atendimento", 1.4, 12, 20),
    Agent("carla@demo.novelo", "Vendas", 1.0, 9, 18),
    Agent("diego@demo.novelo", "Vendas", 1.8, 10, 19),
    Agent("elisa@demo.novelo", "Atendimento", 1.1, 8, 20),
)


def newcomer(number: int, seed: int, draw: random.Random) -> Person:
    """Return somebody new: with a telephone, an e-mail address, an account on Instagram and one in the chat."""
    first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
    area = AREAS[number % len(AREAS)]
    line = f"7{(seed * 7919 + number) % 10_000_000:07}"
    word = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode().lower()
    shortened = area in SHORTENED and number % 4 == 0
    return Person(
        number,
        f"{first} {last}",
        {
            "whatsapp": f"55{area}{line}" if shortened else f"55{area}9{line}",
            "phone": f"+55{area}9{line}",
            "email": f"{word}.{seed}.{number}@cliente.example",
            "instagram": f"{word}.{seed}.{number}",
            "external_id": f"visitante-{seed}-{number}",
        },
    )


def channel_of(draw: random.Random) -> str:
    """Return a channel somebody writes on."""
    return draw.choices(list(CHANNELS), list(CHANNELS.values()))[0]

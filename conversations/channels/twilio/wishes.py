"""The words by which people ask by SMS to be left alone, and to be written to again: in English, Portuguese and Spanish."""

from __future__ import annotations

import re
from typing import Literal

from conversations.channels.twilio.form import Form

# A message that is one of these and nothing else. The English ones are those on which Twilio itself blocks and unblocks.
STOP = {
    "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out",
    "parar", "pare", "sair", "cancelar", "remover", "descadastrar", "baja", "alto", "detener", "salir", "no mas", "no más",
}  # fmt: skip
START = {
    "start", "yes", "unstop",
    "iniciar", "começar", "comecar", "voltar", "retornar", "alta", "comenzar", "empezar", "volver",
}  # fmt: skip
_EDGES = re.compile(r"^[\s\"'“”«»¡!¿?.,;:()*-]+|[\s\"'“”«»¡!¿?.,;:()*-]+$")


def consent(form: Form, text: str, *, whatsapp: bool) -> Literal["", "stop", "start"]:
    """Return what a message asks for: as Twilio says itself, else by its words, which mean that on SMS only."""
    word = form.text("OptOutType").lower()
    if word in {"stop", "start"}:
        return "stop" if word == "stop" else "start"
    if whatsapp or word:
        return ""
    said = " ".join(_EDGES.sub("", text).casefold().split())
    return "stop" if said in STOP else "start" if said in START else ""

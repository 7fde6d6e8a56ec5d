"""Which score an answer means: a number, stars, a face or a word in three languages. Pure; what it does not know it does not guess."""

from __future__ import annotations

import re
from typing import Literal

from conversations.perform.menu import plain

Kind = Literal["csat", "nps"]
SCALES: dict[str, range] = {"csat": range(1, 6), "nps": range(11)}
NUMBERS = {
    0: "zero cero", 1: "um uma one un uno una", 2: "dois duas two dos", 3: "tres three", 4: "quatro four cuatro",
    5: "cinco five", 6: "seis six", 7: "sete seven siete", 8: "oito eight ocho", 9: "nove nine nueve", 10: "dez ten diez",
}  # fmt: skip
# Words for satisfaction, worst first. NPS asks how likely something is: there a word for quality is no answer.
QUALITY = {
    1: (
        "pessimo", "pessima", "terrivel", "horrivel", "muito ruim", "muito mau", "muito insatisfeito",
        "muito insatisfeita", "terrible", "horrible", "awful", "very bad", "worst", "very dissatisfied", "pesimo",
        "pesima", "muy malo", "muy mala", "muy mal", "fatal", "👎", "😡", "😠", "🤬",
    ),
    2: (
        "ruim", "mau", "mal", "insatisfeito", "insatisfeita", "bad", "poor", "dissatisfied", "unsatisfied", "malo", "mala",
        "insatisfecho", "insatisfecha", "🙁", "☹", "😞", "😕",
    ),
    3: (
        "regular", "mais ou menos", "razoavel", "medio", "normal", "neutro", "ok", "okay", "average", "fair", "so so",
        "so-so", "neutral", "mas o menos", "mediano", "😐",
    ),
    4: (
        "bom", "boa", "bem", "satisfeito", "satisfeita", "good", "satisfied", "bueno", "buena", "bien", "satisfecho",
        "satisfecha", "🙂", "😊",
    ),
    5: (
        "otimo", "otima", "excelente", "perfeito", "perfeita", "maravilhoso", "maravilhosa", "muito bom", "muito boa",
        "muito satisfeito", "muito satisfeita", "show", "nota dez", "excellent", "great", "perfect", "amazing", "awesome",
        "very good", "very satisfied", "optimo", "optima", "perfecto", "perfecta", "genial", "muy bueno", "muy buena",
        "muy bien", "muy satisfecho", "muy satisfecha", "👍", "😀", "😃", "😄", "😁", "😍", "🤩",
    ),
}  # fmt: skip
FILLERS = frozenset(
    "nota dou minha eu e foi a o de do da estrela estrelas ponto pontos star stars points point out of score rating rate i "
    "give it was is my the le doy mi fue la el estrella estrellas puntos punto atendimento service servicio".split()
)
# Short things people say that are meant for somebody, and no attempt at an answer.
ORDINARY = frozenset(
    "oi ola hey hi hello hola bom dia boa tarde noite obrigado obrigada obg valeu thanks thank you gracias ajuda help ayuda "
    "socorro urgente urgent cancelar cancel sim nao yes no si ei alo alguem aqui preciso need necesito quero want quiero "
    "pedido order entrega delivery entregue atendente agent agente humano human pessoa persona stop pare sair parar".split()
)
STARS = re.compile(r"^(?:[⭐★🌟]\ufe0f?\s*)+$")
STAR = re.compile(r"[⭐★🌟]")
EDGE = " \t\n.,;:!()[]\"'*_~-“”"
SHORT_WORDS, SHORT_LENGTH = 2, 24
_BY_WORD = {word: number for number, words in NUMBERS.items() for word in words.split()}
_BY_QUALITY = {word: score for score, words in QUALITY.items() for word in words}
_FRACTION = re.compile(r"^(\d{1,2})\s*/\s*(\d{1,2})$")


def score_of(text: str, kind: str) -> int | None:
    """Return the score that a text means on the scale of ``kind``; None for a text that is no answer or outside the scale."""
    scale = SCALES[kind]
    said = plain(text).replace("\ufe0f", "").strip(EDGE)
    if re.match(r"\s*[-−]\s*\d", text):
        return None
    found = _stars(text) if STARS.match(text.strip()) else _number(said, scale)
    if found is None and kind == "csat":
        found = _BY_QUALITY.get(said, _BY_QUALITY.get(_core(said)))
    return found if found in scale else None


def attempted(text: str, kind: str) -> bool:
    """Whether a text that is no answer looks as if it were meant as one: a number off the scale, or one unforeseen word."""
    said = plain(text)
    words = [word.strip(EDGE) for word in said.split()]
    if not words or "?" in text or len(text) > SHORT_LENGTH or score_of(text, kind) is not None:
        return False
    if ORDINARY & set(words):
        return False
    rest = [word for word in words if word not in FILLERS]
    if rest and all(re.fullmatch(r"\d+([.,/-]\d+)?", word) for word in rest):
        return len(rest) <= SHORT_WORDS
    return len(words) == 1 and not re.search(r"\d|@|https?:", said)


def _stars(text: str) -> int:
    return len(STAR.findall(text))


def _core(said: str) -> str:
    return " ".join(word for word in (one.strip(EDGE) for one in said.split()) if word and word not in FILLERS)


def _number(said: str, scale: range) -> int | None:
    """Return the only number in a text of nothing else but fillers."""
    fraction = _FRACTION.match(said)
    if fraction:
        return int(fraction[1]) if int(fraction[2]) == scale[-1] else None
    core = _core(said)
    if core.isascii() and core.isdigit() and len(core) <= len(str(scale[-1])):
        return int(core)
    return _BY_WORD.get(core)

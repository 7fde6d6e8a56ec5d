"""What people answer: numbers, stars, faces and words in three languages; and what is no answer."""

from __future__ import annotations

import pytest

from conversations.surveys.words import attempted, score_of

CSAT = {
    5: "5 5! *5* cinco Cinco! five excelente Ótimo! OTIMO muito-bom perfeito great awesome perfecto genial ⭐⭐⭐⭐⭐ 😍 👍 5/5",
    4: "4 quatro four cuatro bom Boa! good bueno satisfecho 🙂 ⭐⭐⭐⭐ 4/5",
    3: "3 três tres three regular ok normal fair 😐 ⭐⭐⭐",
    2: "2 dois two dos ruim bad malo poor 🙁 ⭐⭐",
    1: "1 um one uno péssimo terrible horrível pésimo 😡 👎 ⭐",
}
SENTENCES = {
    "nota 5": 5, "5 estrelas": 5, "Foi ótimo": 5, "5 out of 5": None, "muito bom": 5, "very good!": 5, "muy mal": 1,
    "mais ou menos": 3, "o atendimento foi excelente": 5, "I give it 4 stars": 4, "le doy 3": 3,
    "não foi bom": None, "not good": None, "4 ou 5": None, "4,5": None, "0": None, "6": None, "10": None, "5/10": None,
    "bom dia": None, "5 pedidos chegaram": None, "Quero 5 camisetas": None, "": None, "15": None, "1/2": None,
}  # fmt: skip
NPS = {
    "10": 10, "dez": 10, "ten": 10, "diez": 10, "0": 0, "zero": 0, "cero": 0, "7!": 7, "nota 9": 9, "10/10": 10, "8 pontos": 8,
    "11": None, "ótimo": None, "9 ou 10": None, "5/5": None, "-1": None,
}  # fmt: skip


def test_it_works() -> None:
    for score, said in CSAT.items():
        for word in said.split():
            assert score_of(word.replace("-", " "), "csat") == score, word


@pytest.mark.parametrize(("said", "score"), SENTENCES.items())
def test_it_reads_short_sentences_and_guesses_nothing(said: str, score: int | None) -> None:
    assert score_of(said, "csat") == score


@pytest.mark.parametrize(("said", "score"), NPS.items())
def test_it_reads_the_scale_from_zero_to_ten_by_number_only(said: str, score: int | None) -> None:
    assert score_of(said, "nps") == score


@pytest.mark.parametrize("said", ["6", "blz", "11", "4,5", "4/10", "supimpa", "🤷"])
def test_it_knows_an_attempt_at_an_answer(said: str) -> None:
    assert attempted(said, "csat")


@pytest.mark.parametrize(
    "said", ["Oi", "bom dia", "obrigado!", "help", "Cadê?", "cancelar", "meu pedido não chegou", "5", "http://a.b", ""]
)
def test_what_is_meant_for_somebody_is_no_attempt(said: str) -> None:
    assert not attempted(said, "csat")

"""Why something is not done that was asked: a sentence a person understands, and the field it is about."""

from __future__ import annotations


class Refused(Exception):
    """What was asked cannot be done as asked: nothing changed. ``field`` is the name of the input at fault."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


class TooLate(Exception):
    """What was asked does not fit what is there now: nothing changed. ``sentence`` says what is there."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

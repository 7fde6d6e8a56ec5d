"""A question with options: as a channel can show it, and which option an answer means."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from conversations.channels import content
from conversations.channels.adapter import Adapter
from conversations.channels.content import Buttons, Choice, Interactive, Menu, Section
from conversations.channels.types import Outbound

FEW = 3  # buttons stand under a message; more are easier to read in a list
TO_TEAM = "team:"  # how the id of an option begins that leads to a team; the team's id follows


class Shape(msgspec.Struct, frozen=True):
    """How a question is put on a channel: ``asked`` with what can be pressed, else in ``text`` alone."""

    text: str
    asked: Interactive | None


def shaped(adapter: Adapter, text: str, choices: Sequence[Choice], button: str) -> Shape:
    """Return the question as this kind of channel takes it: buttons or a list, else numbered lines."""
    buttons = Buttons(choices=tuple(choices))
    menu = Menu(button=button, sections=(Section(rows=tuple(choices)),))
    for asked in (buttons, menu) if len(choices) <= FEW else (menu, buttons):
        if takes(adapter, text, asked):
            return Shape(text, asked)
    return Shape("\n".join([text, "", *(f"{n}. {one.title}" for n, one in enumerate(choices, 1))]), None)


def takes(adapter: Adapter, text: str, asked: Interactive) -> bool:
    """Whether a kind of channel can put this question; asks nobody."""
    draft = Outbound(account="", to=(), our_id="", kind="interactive", text=text, payload=content.payload(asked))
    return adapter.objection(draft) is None


def pressed(payload: Mapping[str, Any]) -> str:
    """Return the id of what a customer pressed, empty when they pressed nothing; every channel says it in its own place."""
    choice = payload.get("choice")
    places = (choice.get("id") if isinstance(choice, Mapping) else None, payload.get("id"), payload.get("payload"))
    return next((found for found in places if isinstance(found, str) and found), "")


def meant(text: str, options: Iterable[Mapping[str, Any]]) -> str:
    """Return the id of the option that typed words mean: its number in the list or its title; empty for none."""
    said = plain(text).strip(" .)!")
    for place, option in enumerate(options, 1):
        if said in {str(place), plain(str(option.get("title", "")))}:
            return str(option.get("id", ""))
    return ""


def plain(text: str) -> str:
    """Return ``text`` in small letters, without accents, its white space single: for comparing words."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).split())

"""Pages as tests read them: in a member's browser, as words without tags, whole or in part."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client

from hub.models import Role, User, Workspace
from tests import factories


def signed_in(user: User) -> Client:
    """A browser that reads English, with somebody signed in."""
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


def browser_of(place: Workspace, role: str = Role.ADMIN) -> Client:
    """A new member's browser."""
    return signed_in(factories.member(place, role, language="en"))


def text(answer: Any) -> str:
    """A page's words without its tags, as one line."""
    page = re.sub(r"<(script|svg|template)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def part(answer: Any) -> bool:
    """Whether an answer is a part of a page and not a whole one."""
    return b"<html" not in answer.content

"""Where in a list a page goes on, read from its address: what is unreadable is nothing."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

LARGEST = 2**63 - 1


def before(request: HttpRequest) -> int | None:
    """Return the number in ``before``; None without a usable one."""
    word = request.GET.get("before", "")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 20 and int(word) <= LARGEST else None


def uuid_in(request: HttpRequest, name: str) -> UUID | None:
    """Return the id in ``name``; None without a usable one."""
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None

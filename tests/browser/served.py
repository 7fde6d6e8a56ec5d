"""The hub as `uvicorn` serves it to the tests' browser: as it is, but quick with passwords."""

from __future__ import annotations

from hub.asgi import application
from tests import quick_passwords

__all__ = ["application"]

quick_passwords.use()

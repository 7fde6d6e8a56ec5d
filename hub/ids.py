"""Public ids: opaque, unguessable enough to show, and close together on disk."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a version 7 UUID: 48 bits of time, then a counter and random bits; ascending within a process."""
    return uuid7()

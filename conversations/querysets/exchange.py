"""Reading the channel log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Q

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from conversations.models import Exchange  # noqa: F401

FIRST_FAILURE = 400  # of an HTTP status


class Exchanges(OfWorkspace["Exchange"]):
    """Calls to providers of a workspace."""

    def failed(self) -> Self:
        """Keep those that were refused or got no answer."""
        return self.filter(Q(status=None) | Q(status__gte=FIRST_FAILURE) | ~Q(error=""))

"""Reading who was joined with whom, and who may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Q

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from conversations.models import Merge, Suggestion  # noqa: F401


class Merges(OfWorkspace["Merge"]):
    """Merges of a workspace, undone ones too."""

    def about(self, people: Iterable[UUID]) -> Self:
        """Keep those that joined one of these customers with anybody."""
        ids = list(people)
        return self.filter(Q(survivor__in=ids) | Q(absorbed__in=ids))

    def whose_people_are_there(self) -> Self:
        """Leave out those that joined somebody who was erased since: they cannot be taken back."""
        return self.filter(survivor__erased_at=None, absorbed__erased_at=None)

    def in_force(self) -> Self:
        """Leave out what was undone."""
        return self.filter(undone_at=None)

    def for_reading(self) -> Self:
        """Keep those of people who are still somebody; bring along both customers and who did it."""
        return self.whose_people_are_there().select_related("survivor", "absorbed", "by", "undone_by")


class Suggestions(OfWorkspace["Suggestion"]):
    """Suggestions of a workspace."""

    def about(self, people: Iterable[UUID]) -> Self:
        """Keep the undecided ones between one of these customers and somebody else."""
        ids = list(people)
        one, other = Q(customer__in=ids), Q(other__in=ids)
        return self.filter((one & ~other) | (other & ~one), state="open")

"""Reading people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, Func, OuterRef, Q
from django.db.models.functions import Coalesce

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conversations.models import Customer

FEWEST_DIGITS = 4  # fewer find everybody
ACCENTED, PLAIN = "ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑ", "AAAAAEEEEIIIIOOOOOUUUUCN"


class Unaccented(Func):
    """A name in capitals without accents: João, JOAO and joao are one."""

    function = "translate"
    template = f"%(function)s(upper(%(expressions)s), '{ACCENTED}', '{PLAIN}')"
    output_field = CharField()


def unaccented(words: str) -> str:
    """Return what ``Unaccented`` makes of ``words``."""
    return words.upper().translate(str.maketrans(ACCENTED, PLAIN))


class Customers(OfWorkspace["Customer"]):
    """People of a workspace. While a merge is in force a person is several customers, of whom one stands for all."""

    def people(self) -> Self:
        """Keep one customer a person: the one who stands for all. Who was erased is nobody."""
        return self.filter(merged_into=None, erased_at=None)

    def matching(self, words: str) -> Self:
        """Keep the people who have ``words`` in a name or an address; a number is found however it is written."""
        from conversations.models import Identity

        address = Q(value__icontains=words) | Q(username__icontains=words)
        digits = "".join(letter for letter in words if letter.isascii() and letter.isdigit())
        if len(digits) >= FEWEST_DIGITS and not any(letter.isalpha() for letter in words):
            address |= Q(value__contains=digits)
        known = Identity.objects.filter(address, workspace=OuterRef("workspace"))
        plain = Q(plain__contains=unaccented(words))
        joined = self.model.objects.alias(plain=Unaccented("name")).filter(plain, merged_into=OuterRef("pk"))
        return self.alias(plain=Unaccented("name")).filter(
            plain
            | Exists(known.filter(customer=OuterRef("pk")))
            | Exists(known.filter(customer__merged_into=OuterRef("pk")))
            | Exists(joined)
        )

    def for_reading(self) -> Self:
        """Bring along the addresses, also of those who count as this person."""
        return self.prefetch_related("identities", "absorbed__identities")

    def person(self, customer_id: UUID) -> Customer:
        """Return the customer who stands for the person that ``customer_id`` counts as. Raises ``DoesNotExist``."""
        return self.filter(erased_at=None).get(
            pk=self.filter(pk=customer_id).values(root=Coalesce("merged_into", "pk"))[:1]
        )

    def of_person(self, customer_id: UUID) -> Self:
        """Keep the customers who count as the same person as this one."""
        root = self.model.objects.filter(pk=customer_id).values(root=Coalesce("merged_into", "pk"))[:1]
        return self.filter(Q(pk=root) | Q(merged_into=root))

    def whole(self, customer_id: UUID) -> list[Customer]:
        """Return all customers of that person, the one who stands for them first. Raises ``DoesNotExist``. One query."""
        rows = sorted(
            self.of_person(customer_id).filter(erased_at=None), key=lambda row: row.merged_into_id is not None
        )
        if not rows:
            raise self.model.DoesNotExist
        return rows

    def locked_people(self, ids: Iterable[UUID]) -> dict[UUID, UUID]:
        """Lock every customer of these people until the transaction ends; return by customer who stands for them.

        Who was erased is nobody: they are left out.
        Locked in the order of ids, as everybody does. Where somebody has joined or left meanwhile, the locks are given back
        and taken again: what is added to locks one holds could be waited for by each other.
        """
        wanted = set(ids)
        seen = self._grouped(wanted)
        while True:
            before = transaction.savepoint_create()
            rows = self.filter(pk__in=[*seen]).order_by("pk").select_for_update(no_key=True)
            list(rows.values_list("pk", flat=True))
            found = self._grouped(
                wanted
            )  # behind the locks: who joined the ones that stand for them changed no row of theirs
            if found == seen:
                transaction.savepoint_commit(before)
                return found
            transaction.savepoint_rollback(before)
            seen = found

    def _grouped(self, ids: Iterable[UUID]) -> dict[UUID, UUID]:
        """Return by customer who stands for them, of everybody who counts as one of the people of ``ids``: two queries."""
        asked = set(ids)
        roots = asked | set(self.filter(pk__in=asked).exclude(merged_into=None).values_list("merged_into", flat=True))
        rows = self.filter(Q(pk__in=roots) | Q(merged_into__in=roots), erased_at=None)
        return {key: root or key for key, root in rows.values_list("pk", "merged_into")}

"""Reading people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import CharField, Exists, Func, OuterRef, Q

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from conversations.models import Customer  # noqa: F401

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
    """People of a workspace."""

    def matching(self, words: str) -> Self:
        """Keep those whose name or one of whose addresses contains ``words``; a number is found however it is written."""
        from conversations.models import Identity

        address = Q(value__icontains=words) | Q(username__icontains=words)
        digits = "".join(letter for letter in words if letter.isascii() and letter.isdigit())
        if len(digits) >= FEWEST_DIGITS and not any(letter.isalpha() for letter in words):
            address |= Q(value__contains=digits)
        known = Identity.objects.filter(address, workspace=OuterRef("workspace"), customer=OuterRef("pk"))
        return self.alias(plain=Unaccented("name")).filter(Q(plain__contains=unaccented(words)) | Exists(known))

    def for_reading(self) -> Self:
        """Bring along the addresses."""
        return self.prefetch_related("identities")

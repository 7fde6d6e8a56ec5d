"""The past of the demo company: told until all of it was, and never again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from hub.management.history import Past, tell
from hub.models import ApiToken
from simulator import NotLoopbackError
from simulator.company.plan import Plan
from tests import factories

pytestmark = pytest.mark.django_db
PAST = Past(seed=1, days=2, talks_a_day=1.0)


def test_a_past_that_was_interrupted_is_told_again_and_one_that_was_told_is_not() -> None:
    shop, said, beside = factories.workspace(), list[str](), list[Plan]()
    known = ApiToken.objects.of(shop).filter(name="History 1, 2 days", revoked_at=None)
    for tries in (1, 2):
        with pytest.raises(NotLoopbackError):
            tell(shop, PAST, "https://hub.example", None, said.append, beside.append)
        assert known.count() == tries
        assert said[-1].startswith(f"{shop.slug} is told ")
    known.update(revoked_at=timezone.now())  # as the end of a telling does
    tell(shop, PAST, "https://hub.example", None, said.append, beside.append)
    assert said[-1] == f"{shop.slug} has its history of 2 days"
    assert not known.exists()
    with pytest.raises(NotLoopbackError):  # another past is another one
        tell(shop, PAST._replace(days=3), "https://hub.example", None, said.append, beside.append)
    assert beside == []  # nothing of what no API takes, while what it takes was not told

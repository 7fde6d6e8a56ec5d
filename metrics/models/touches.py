"""Facts of what people sought, and of which of it led to their sales."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from metrics.models.sales import PersonFact


class TouchFact(PersonFact):
    """A contact a person sought that is no message: a click, a link opened, a visit."""

    kind = models.CharField(max_length=40)
    channel_kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    store = models.CharField(max_length=120)
    campaign = models.CharField(max_length=120)

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="touch_of_person"),
            # query: touches of a period
            models.Index(fields=["workspace", "at", "id"], name="touch_by_instant"),
        ]


class JourneyFact(PersonFact):
    """What led to a sale, whose id it has: touches by channel, in the order of their first; places are counted from one."""

    touches = models.PositiveIntegerField()
    last = models.PositiveSmallIntegerField()  # the channel of the last touch
    sought = models.PositiveSmallIntegerField()  # of the last that was no visit to the site from nowhere
    channels = ArrayField(models.CharField(max_length=20))
    counts = ArrayField(models.PositiveIntegerField())
    fresh = ArrayField(models.FloatField())  # shares by time decay

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="journey_of_person"),
        ]

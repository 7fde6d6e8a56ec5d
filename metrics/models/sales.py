"""Facts of people: orders and their money, carts, payment links, opportunities, benefits, surveys, costs, rates."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from hub.models import OfWorkspace, Workspace


def money() -> models.DecimalField[Any, Any]:
    """Return a column for an amount in the workspace's currency, empty where no rate converts it."""
    return models.DecimalField(max_digits=18, decimal_places=4, null=True)


class ExchangeRate(models.Model):
    """What one unit of another currency is worth in the workspace's, from a day on until the next rate."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)

    objects = OfWorkspace["ExchangeRate"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "currency", "day"], name="one_rate_per_currency_and_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchange_rate_is_positive"),
        ]


class StalePerson(models.Model):
    """A person whose history was erased, moved or joined to another's; written by triggers, emptied by derive.

    ``customer_id`` is the workspace's own id for what belongs to nobody: its costs.
    """

    id = models.BigAutoField(primary_key=True)
    # No constraint: a workspace that goes away leaves rows here, which derive clears.
    workspace = models.ForeignKey(
        Workspace, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    customer_id = models.UUIDField()

    objects = OfWorkspace["StalePerson"].as_manager()

    class Meta:
        indexes: ClassVar = [
            # derive: who else is to be looked at
            models.Index(fields=["workspace", "id"], name="stale_person_of_workspace"),
        ]


class PersonFact(models.Model):
    """What every fact of a person has: whose it is, and the event it goes back to. People are named, not referenced."""

    id = models.BigIntegerField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer_id = models.UUIDField(null=True)  # the one who stands for the person; nobody's for a cost

    objects = OfWorkspace["PersonFact"].as_manager()

    class Meta:
        abstract = True


class OrderFact(PersonFact):
    """An order as a whole; ``position`` counts the person's sales, paid and neither cancelled, free nor all given back."""

    source = models.CharField(max_length=40)
    number = models.CharField(max_length=255)
    channel_kind = models.CharField(max_length=20)  # where it was paid, else where it was placed
    store = models.CharField(max_length=120)
    pickup = models.BooleanField()
    coupon = models.CharField(max_length=120)
    placed_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    picked_up_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    first_delivered_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)  # the last parcel
    promised_at = models.DateTimeField(null=True)
    currency = models.CharField(max_length=3)
    gross = models.DecimalField(max_digits=18, decimal_places=4, null=True)  # in its own currency
    amount = money()
    refunded = money()
    net = money()
    excluded = models.CharField(max_length=11)  # cancelled | free | unconverted, empty: its money counts
    position = models.PositiveIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="order_of_person"),
            # query: sales of a period, and of people
            models.Index(fields=["workspace", "paid_at", "id"], name="order_by_payment"),
            # query: what was promised for a period
            models.Index(
                fields=["workspace", "promised_at"], condition=~models.Q(promised_at=None), name="order_by_promise"
            ),
        ]


class MovementFact(PersonFact):
    """Money that came or went back, at its own instant; ``amount`` is negative for what went back."""

    order_id = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=8)  # paid | refunded
    channel_kind = models.CharField(max_length=20)
    store = models.CharField(max_length=120)
    coupon = models.CharField(max_length=120)
    amount = money()
    net = money()  # of the whole order, as it stands
    excluded = models.CharField(max_length=11)
    position = models.PositiveIntegerField(null=True)  # of the order among the person's sales
    first_at = models.DateTimeField(null=True)  # when the person bought for the first time
    goods = money()  # what the goods cost the house, negative for what went back; empty where their lines do not say

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="movement_of_person"),
            # query: money of a period
            models.Index(fields=["workspace", "at", "id"], name="movement_by_instant"),
            # query: all money of those who bought first in a period
            models.Index(fields=["workspace", "first_at"], name="movement_by_first_sale"),
        ]


class CartFact(PersonFact):
    """A cart with something in it; whether it was abandoned depends on the clock, so only what happened is kept."""

    source = models.CharField(max_length=40)
    number = models.CharField(max_length=255)
    channel_kind = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()  # last activity before payment
    idle_at = models.DateTimeField(null=True)  # the activity after which nothing happened for an hour, something later
    paid_at = models.DateTimeField(null=True)
    amount = money()

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="cart_of_person"),
            # query: carts of a period
            models.Index(fields=["workspace", "last_at", "id"], name="cart_by_last_activity"),
        ]


class LinkFact(PersonFact):
    """A payment link that was sent."""

    source = models.CharField(max_length=40)
    number = models.CharField(max_length=255)
    channel_kind = models.CharField(max_length=20)
    sent_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    amount = money()

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="link_of_person"),
            # query: links of a period
            models.Index(fields=["workspace", "sent_at", "id"], name="link_by_sending"),
        ]


class OpportunityFact(PersonFact):
    """An opportunity from its opening to its end; reopened, it is open again and no new one. ``elapsed`` in microseconds."""

    source = models.CharField(max_length=40)
    number = models.CharField(max_length=255)
    channel_kind = models.CharField(max_length=20)
    owner = models.CharField(max_length=254)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=4)  # open | won | lost
    stage = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    amount = money()
    elapsed = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="opportunity_of_person"),
            # query: opened in a period
            models.Index(fields=["workspace", "opened_at", "id"], name="opportunity_by_opening"),
            # query: closed in a period
            models.Index(fields=["workspace", "closed_at", "id"], name="opportunity_by_close"),
        ]


class StageFact(PersonFact):
    """A stay of an opportunity in a stage. ``elapsed`` in microseconds, empty while it lasts."""

    opportunity_id = models.BigIntegerField()
    stage = models.CharField(max_length=80)
    channel_kind = models.CharField(max_length=20)
    owner = models.CharField(max_length=254)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8)  # open | advanced | back | won | lost
    elapsed = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="stage_of_person"),
            # query: stays that ended in a period
            models.Index(fields=["workspace", "left_at", "id"], name="stage_by_leaving"),
            # query: stays that last
            models.Index(fields=["workspace", "entered_at"], condition=models.Q(left_at=None), name="stage_still_open"),
        ]


class BenefitFact(PersonFact):
    """A benefit a person was shown and might use, and their first use of it."""

    benefit = models.CharField(max_length=120)
    channel_kind = models.CharField(max_length=20)
    exposed_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_channel_kind = models.CharField(max_length=20)

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="benefit_of_person"),
            # query: shown in a period
            models.Index(fields=["workspace", "exposed_at", "id"], name="benefit_by_exposure"),
        ]


class SurveyFact(PersonFact):
    """A survey's answer, or a survey that nobody has answered; ``counts`` is false for an answer given anew within days."""

    conversation_id = models.UUIDField(null=True)
    survey = models.CharField(max_length=4)  # csat | nps
    touchpoint = models.CharField(max_length=40)
    channel_kind = models.CharField(max_length=20)
    agent = models.CharField(max_length=254)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    score = models.PositiveSmallIntegerField(null=True)
    counts = models.BooleanField()

    class Meta:
        indexes: ClassVar = [
            # derive: the facts of the people it looks at
            models.Index(fields=["customer_id"], name="survey_of_person"),
            # query: answers of a period
            models.Index(fields=["workspace", "answered_at", "id"], name="survey_by_answer"),
            # query: what was asked and not answered
            models.Index(fields=["workspace", "sent_at"], condition=models.Q(answered_at=None), name="survey_silent"),
            # query: answers of a period that another took the place of
            models.Index(fields=["workspace", "answered_at"], condition=models.Q(counts=False), name="survey_replaced"),
        ]


class CostFact(PersonFact):
    """What was spent from a day to another, the last one left out; spread evenly over its days when it is read."""

    kind = models.CharField(max_length=20)
    channel_kind = models.CharField(max_length=20)
    first_day = models.DateField()
    end_day = models.DateField()
    amount = money()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(end_day__gt=models.F("first_day")), name="cost_covers_a_day"),
        ]
        indexes: ClassVar = [
            # derive: the facts of the workspace itself; query: costs of a period
            models.Index(fields=["workspace", "first_day", "id"], name="cost_by_day"),
        ]

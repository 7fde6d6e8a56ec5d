"""The model: which figures stand for a stage of the journey on a channel; the usual one until somebody changes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.models import Workspace
from hub.refusal import Refused
from metrics.models import MatrixCell, StageModel
from metrics.models.plans import STAGES
from metrics.registry import METRICS

MOST_IN_A_CELL = 8
USUAL = {
    "attention": ("interaction_volume", "channel_preference"),
    "consideration": ("first_response_time", "queue_abandonment"),
    "decision": ("conversion_rate", "cart_abandonment", "sales_by_channel"),
    "service": ("resolution_time", "csat", "delivery_time"),
    "loyalty": ("repeat_purchase_rate", "nps"),
}


class Bound(msgspec.Struct, frozen=True):
    """A figure bound to a cell; ``channel`` empty: all channels together."""

    stage: str
    channel: str
    metric: str


def cells(workspace: Workspace, channels: Sequence[str]) -> list[Bound]:
    """Return what stands in the cells: the workspace's own model, else the usual one on its channels."""
    own = StageModel.objects.of(workspace).first()
    if own is None:
        return usual(channels)
    rows = MatrixCell.objects.of(workspace).filter(model=own, metric__in=METRICS).order_by("position", "id")
    return [Bound(row.stage, row.channel, row.metric) for row in rows]


def usual(channels: Sequence[str]) -> list[Bound]:
    """Return the usual model: each stage's figures for all channels, and on each channel those that know it."""
    found = []
    for stage, metrics in USUAL.items():
        for channel in ("", *channels):
            found += [Bound(stage, channel, one) for one in metrics if not channel or knows_channels(one)]
    return found


def knows_channels(metric: str) -> bool:
    """Whether a figure can be kept to a channel."""
    return "channel" in METRICS[metric].source.dimensions


def add(workspace: Workspace, channels: Sequence[str], wanted: Bound) -> None:
    """Bind a figure to a cell. Raises ``Refused`` with the field at fault."""
    if wanted.stage not in STAGES:
        raise Refused("stage", _("There is no such stage."))
    if wanted.channel and wanted.channel not in channels:
        raise Refused("channel", _("There is no such channel."))
    if wanted.metric not in METRICS:
        raise Refused("metric", _("There is no metric %(name)s.") % {"name": wanted.metric})
    if wanted.channel and not knows_channels(wanted.metric):
        title = METRICS[wanted.metric].title
        raise Refused("metric", _("%(metric)s knows no channels: put it on all of them.") % {"metric": title})
    now = cells(workspace, channels)
    if wanted in now:
        raise Refused("metric", _("It stands in this cell already."))
    if sum((one.stage, one.channel) == (wanted.stage, wanted.channel) for one in now) >= MOST_IN_A_CELL:
        raise Refused("metric", _("A cell holds at most %(most)d figures.") % {"most": MOST_IN_A_CELL})
    _keep(workspace, [*now, wanted])


def remove(workspace: Workspace, channels: Sequence[str], gone: Bound) -> None:
    """Take a figure out of a cell; one that is not there any more is no error."""
    _keep(workspace, [one for one in cells(workspace, channels) if one != gone])


def reset(workspace: Workspace) -> None:
    """Go back to the usual model."""
    StageModel.objects.of(workspace).delete()


def _keep(workspace: Workspace, wanted: Iterable[Bound]) -> None:
    with transaction.atomic():
        model, _made = StageModel.objects.select_for_update().get_or_create(workspace=workspace)
        MatrixCell.objects.of(workspace).filter(model=model).delete()
        MatrixCell.objects.bulk_create(
            MatrixCell(
                workspace=workspace,
                model=model,
                stage=one.stage,
                channel=one.channel,
                metric=one.metric,
                position=place,
            )
            for place, one in enumerate(wanted)
        )
        StageModel.objects.of(workspace).update(changed_at=timezone.now())

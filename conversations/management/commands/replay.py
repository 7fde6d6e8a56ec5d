"""``manage.py replay``: stored deliveries through the pipeline again."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from conversations import parse
from conversations.models import Delivery

SLICE = 500


def moment(text: str) -> datetime:
    """Read an ISO-8601 date or time; without an offset it means UTC."""
    found = parse_datetime(text)
    if found is None and (day := parse_date(text)):
        found = datetime(day.year, day.month, day.day)  # noqa: DTZ001  made aware below
    if found is None:
        message = f"{text!r} is no ISO-8601 time."
        raise argparse.ArgumentTypeError(message)
    return found if timezone.is_aware(found) else timezone.make_aware(found, timezone.get_default_timezone())


class Command(BaseCommand):
    """Choose deliveries by id, outcome or time, all without; what they already did is not done twice."""

    help = "Run stored webhook deliveries through the pipeline again. Idempotent."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take which deliveries."""
        parser.add_argument("--delivery", type=UUID, action="append", help="id of a delivery; may be repeated")
        parser.add_argument("--outcome", choices=Delivery.Outcome.values, help="all deliveries that ended so")
        parser.add_argument("--since", type=moment, help="received at or after this ISO-8601 time")
        parser.add_argument("--workspace", help="slug of a workspace; otherwise all")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset the chosen deliveries and wake the workers."""
        chosen = Delivery.objects.exclude(outcome=Delivery.Outcome.PENDING)
        for name, lookup in (
            ("delivery", "id__in"),
            ("outcome", "outcome"),
            ("since", "received_at__gte"),
            ("workspace", "workspace__slug"),
        ):
            if options[name]:
                chosen = chosen.filter(**{lookup: options[name]})
        ids = list(chosen.order_by("id").values_list("id", flat=True))
        if options["delivery"] and not ids:
            message = "There is no such delivery that has ended."
            raise CommandError(message)
        count = sum(parse.replay(ids[start : start + SLICE]) for start in range(0, len(ids), SLICE))
        self.stdout.write(f"{count} deliveries go through the pipeline again.")

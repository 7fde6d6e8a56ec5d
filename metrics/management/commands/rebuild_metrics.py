"""The command that derives everything again from history, or says where what is kept differs from it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.models import Workspace
from metrics.rebuild import differences, rebuild


class Command(BaseCommand):
    """``rebuild_metrics [--workspace SLUG] [--check]``."""

    help = (
        "Recompute every figure's rows from history; with --check only print what differs and exit 1 if anything does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read the options."""
        parser.add_argument("--workspace", help="the workspace's short name; all of them unless given")
        parser.add_argument("--check", action="store_true", help="change nothing; print each difference")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through the workspaces one by one."""
        workspaces = Workspace.objects.order_by("slug")
        if options["workspace"]:
            workspaces = workspaces.filter(slug=options["workspace"])
            if not workspaces:
                raise CommandError(f"There is no workspace {options['workspace']}.")
        found = 0
        for workspace in workspaces:
            if not options["check"]:
                count = rebuild(workspace)
                self.stdout.write(f"{workspace.slug}: {count} conversations derived again.")
                continue
            for line in differences(workspace):
                found += 1
                self.stdout.write(f"{workspace.slug}: {line}")
        if found:
            raise CommandError(f"{found} differences.", returncode=1)
        if options["check"]:
            self.stdout.write("No differences.")

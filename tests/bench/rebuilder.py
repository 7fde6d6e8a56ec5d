"""A child: rebuilds companies from their history, told by its parent which."""

from __future__ import annotations

import json
import os
import sys

import django


def main() -> None:
    """For each line, a list of companies: rebuild them, answer how many conversations that were."""
    django.setup()
    from hub.models import Workspace
    from metrics.rebuild import rebuild

    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(sum(rebuild(Workspace.objects.get(pk=pk)) for pk in json.loads(line))), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    main()

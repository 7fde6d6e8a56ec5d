#!/usr/bin/env python
"""The door for people at a terminal: every command of the house starts here."""

import os
import sys


def main() -> None:
    """Run the command named on the line; see ``python manage.py help``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

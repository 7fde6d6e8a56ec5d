"""A workspace, its first administrator and a token for programs: what a new installation needs, safe to run again."""

from __future__ import annotations

import re
import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.text import slugify

from hub.models import ApiToken, Membership, Role, User, Workspace

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")  # names inside a company's network end in whatever they like
TOKEN_NAME = "bootstrap"  # noqa: S105  a name


class Command(BaseCommand):
    """Create what is missing of a workspace, its first administrator and a token."""

    help = (
        "Create a workspace, its first administrator and an API token. Running it again changes nothing that is there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--workspace", required=True, help="the workspace: its name, or the slug made of it")
        parser.add_argument("--admin-email", required=True)
        parser.add_argument("--admin-password", help="without it a new administrator gets one, printed once")
        parser.add_argument(
            "--print-token", action="store_true", help="issue a new token and print it alone on the last line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing in one transaction and print what is shown only once."""
        slug = slugify(options["workspace"])[:60]
        if not slug:
            raise CommandError("--workspace must hold at least one letter or digit.")
        email = options["admin_email"].strip().lower()
        if not ADDRESS.fullmatch(email):
            raise CommandError("--admin-email is not an e-mail address.")
        with transaction.atomic():
            workspace, new = Workspace.objects.get_or_create(slug=slug, defaults={"name": options["workspace"][:120]})
            self.stdout.write(f"workspace {workspace.slug}: {'created' if new else 'already there'}")
            self._administrator(workspace, email, options["admin_password"])
            token = self._token(workspace, always=options["print_token"])
        if token and options["print_token"]:
            self.stdout.write(token)
        elif token:
            self.stdout.write(f"token, shown once: {token}")

    def _administrator(self, workspace: Workspace, email: str, password: str | None) -> None:
        """Make sure that this person is an administrator here, with this password if one was given."""
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            generated = None if password else secrets.token_urlsafe(12)
            user = User.objects.create_user(email, password or generated)
            self.stdout.write(f"administrator {email}: created")
            if generated:
                self.stdout.write(f"password, shown once: {generated}")
        elif password and not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
            self.stdout.write(f"administrator {email}: password set")
        else:
            self.stdout.write(f"administrator {email}: already there")
        if password:
            self._warn(user, password)
        Membership.objects.update_or_create(workspace=workspace, user=user, defaults={"role": Role.ADMIN})

    def _warn(self, user: User, password: str) -> None:
        """Whoever sits at this terminal may choose a weak password, but not without a word."""
        try:
            validate_password(password, user)
        except ValidationError as error:
            self.stderr.write(f"warning: weak password. {' '.join(error.messages)}")

    def _token(self, workspace: Workspace, *, always: bool) -> str | None:
        """Issue the first token, or one more when it was asked for; nobody can read an earlier one again."""
        if not always and ApiToken.objects.of(workspace).filter(name=TOKEN_NAME).exists():
            return None
        return ApiToken.issue(workspace, TOKEN_NAME)[1]

"""The second factor: codes of an app beside the password. Its secrets are sealed at rest; a workspace may ask for it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from uuid import UUID

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from hub.models import User, Workspace
from hub.secrets import seal, unseal

BOUND_TO = "second_factor"
REQUIRED = "second_factor_required"  # the workspace's setting


class SealedFactors(DefaultMFAAdapter):
    """Keeps what codes are made from sealed with the keys of the house."""

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return base64.b64encode(seal(text, BOUND_TO)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret. Raises ``SecretUnreadable`` for a lost key."""
        return str(unseal(base64.b64decode(encrypted_text), BOUND_TO))


def required(workspace: Workspace) -> bool:
    """Whether the workspace asks its members for a second factor."""
    return bool(workspace.settings.get(REQUIRED))


def has_one(user: User) -> bool:
    """Whether the person has set one up."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def who_has(user_ids: Iterable[UUID]) -> set[UUID]:
    """Return which of these people have set one up."""
    rows = Authenticator.objects.filter(user__in=list(user_ids), type=Authenticator.Type.TOTP)
    return set(rows.values_list("user_id", flat=True))


def is_missing(user: User, workspace: Workspace) -> bool:
    """Whether the person must set one up before they may do anything here."""
    return required(workspace) and not has_one(user)

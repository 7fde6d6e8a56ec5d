"""``/me/settings``: how a member likes to work; theirs alone, in this workspace."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.access import Caller, caller_of
from hub.idempotency import once
from hub.inputs import Text, YesNo, checked
from hub.models import Membership

MOST = 40


class WaysOfWorkingInput(serializers.Serializer[Any]):
    """What a member chose; what is not named stays. `folded` are the sections of the side panel that are closed."""

    enter_sends = YesNo(required=False)
    single_letters = YesNo(required=False)
    folded = serializers.ListField(child=Text(max_length=MOST), max_length=MOST, required=False)
    recent = serializers.ListField(child=Text(max_length=80), max_length=MOST, required=False)


class WaysOfWorking(serializers.Serializer[Any]):
    """What a member chose: whether Enter sends, whether single letters are shortcuts, what is folded away or was used."""

    enter_sends = serializers.BooleanField()
    single_letters = serializers.BooleanField()
    folded = serializers.ListField(child=serializers.CharField())
    recent = serializers.ListField(child=serializers.CharField())


class OwnSettings(APIView):
    """The caller's own settings."""

    @extend_schema(operation_id="get_own_settings", responses={200: WaysOfWorking})
    def get(self, request: Request) -> Response:
        """Show how the caller likes to work."""
        return Response(_shown(_member(caller_of(request))))

    @extend_schema(operation_id="change_own_settings", request=WaysOfWorkingInput, responses={200: WaysOfWorking})
    @once
    def post(self, request: Request) -> Response:
        """Change how the caller likes to work; what is not named stays."""
        given = checked(WaysOfWorkingInput, request)
        with transaction.atomic():
            member = _member(caller_of(request), lock=True)
            member.settings = member.settings | given
            member.save(update_fields=["settings"])
        return Response(_shown(member))


def _member(caller: Caller, *, lock: bool = False) -> Membership:
    rows = Membership.objects.of(caller.workspace)
    rows = rows.select_for_update(no_key=True) if lock else rows
    member = rows.filter(user=caller.user).first() if caller.user else None
    if member is None:
        raise PermissionDenied(_("A token is nobody: this belongs to a person."))
    return member


def _shown(member: Membership) -> dict[str, Any]:
    kept = member.settings
    return {
        "enter_sends": bool(kept.get("enter_sends", False)),
        "single_letters": bool(kept.get("single_letters", True)),
        "folded": list(kept.get("folded", [])),
        "recent": list(kept.get("recent", [])),
    }

"""``/attachments``: files to send, and files that did not come."""

from __future__ import annotations

from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.act import act
from conversations.api import represent, shapes
from conversations.api.operations import does, shows
from conversations.channels.adapter import Adapter
from conversations.channels.registry import CHANNELS
from conversations.media import rules, upload
from conversations.media.store import drop
from conversations.models import Attachment, Channel
from hub.access import Caller, caller_of
from hub.idempotency import once
from hub.inputs import CANONICAL_UUID
from hub.problems import TooLarge

FORM_BYTES = 64 * 1024  # what a form may hold besides the file


class UploadInput(serializers.Serializer[Any]):
    """A file to send, and the channel it is for, if that is known."""

    file = serializers.FileField()
    channel = serializers.UUIDField(required=False, allow_null=True)


class AttachmentList(APIView):
    """Files to send."""

    parser_classes = [MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is far too large before any of it is read."""
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if declared.isdigit() and int(declared) > rules.largest() + FORM_BYTES:
            raise TooLarge(rules.too_large(rules.largest(), int(declared)))
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="upload_attachment",
        request={"multipart/form-data": UploadInput},
        parameters=[shapes.KEY],
        responses=shapes.answers(shapes.AttachmentShape, 400, 404, 413, status=201),
    )
    def post(self, request: Request) -> Response:
        """Upload a file; name its id in `attachments` of a message within a day.

        With `channel` it is held against that channel's rules, else against those of all kinds: 400 says what does not fit.
        The type is read from the bytes.
        """
        caller = caller_of(request)
        file, adapter = _asked(request, caller)
        brought = upload.bring(
            caller.workspace.pk,
            file.name or "",
            file.content_type or "",
            file.size or 0,
            cast("BinaryIO", file.file),
            adapter,
        )
        written: list[UUID] = []
        try:
            response = _registered(self, request, brought, written)
        except BaseException:
            drop(brought.kept.stored_as, brought.kept.thumbnail)
            raise
        if not written:  # answered with what an earlier request with this key brought
            drop(brought.kept.stored_as, brought.kept.thumbnail)
        return response

    post.honors_idempotency_key = True  # type: ignore[attr-defined]  # the storage may be far: only the row is inside


@once
def _registered(view: AttachmentList, request: Request, brought: upload.Brought, written: list[UUID]) -> Response:
    caller = caller_of(request)
    row = upload.register(caller.workspace, caller.user, brought)
    written.append(row.pk)
    return Response(represent.attachment(row), status=status.HTTP_201_CREATED)


def _asked(request: Request, caller: Caller) -> tuple[UploadedFile, Adapter | None]:
    """Read the form: exactly one file, and the adapter of the channel it names."""
    files = request.FILES.getlist("file")
    if len(files) != 1 or len(request.FILES) != 1:
        raise ValidationError({"file": _("Send one file in the field named file.")})
    named = request.POST.get("channel") or None
    if named is None:
        return files[0], None
    if not CANONICAL_UUID.fullmatch(str(named)):
        raise ValidationError({"channel": _("Must be a valid UUID.")})
    channel = Channel.objects.of(caller.workspace).filter(pk=UUID(str(named)), deleted_at=None).first()
    if channel is None:
        raise ValidationError({"channel": _("There is no such channel.")})
    return files[0], CHANNELS.get(channel.kind) or Adapter()


class AttachmentDetail(APIView):
    """One file."""

    @shows("get_attachment", shapes.AttachmentShape)
    def get(self, request: Request, attachment_id: UUID) -> Response:
        """Show what is known of a file; its `url` hands it out."""
        row = Attachment.objects.of(caller_of(request).workspace).get(pk=attachment_id)
        return Response(represent.attachment(row))


class AttachmentRetry(APIView):
    """Asking again for a file."""

    @does("retry_attachment", None, shapes.AttachmentShape, 404, 409)
    @once
    def post(self, request: Request, attachment_id: UUID) -> Response:
        """Fetch a file that is unavailable once more; 409 when it is here."""
        workspace = caller_of(request).workspace
        asked = act(workspace.pk, lambda: upload.ask_again(workspace, attachment_id))
        return Response(represent.attachment(asked.attachment))

"""One answer per Idempotency-Key: a POST that is sent again is answered again and done once."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from hub.access import Caller, caller_of
from hub.inputs import raw_body
from hub.models import IdempotencyKey
from hub.problems import Conflict, Mismatch
from hub.secrets import SecretUnreadable, seal, unseal

KEY_LENGTH = 255
KEPT = timedelta(hours=48)
REPLAYED = "Idempotent-Replayed"
LOCK_NOT_AVAILABLE = "55P03"

Handler = Callable[..., Response]


def once(handler: Handler) -> Handler:
    """Make a POST of the API honor ``Idempotency-Key``: wrap it around every ``post``.

    Key, change and answer are one transaction, so that a crash leaves all of them or none: the same request comes back
    with the stored answer and ``Idempotent-Replayed: true``, a concurrent one waits for the first. Answers are kept
    sealed: some hold a secret that is shown once. What was refused changed nothing and is not stored. Raises 422 when the
    key belongs to a different request, 409 when the first one takes too long. The handler must not dial the network.
    """

    @wraps(handler)
    def answered_once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not 0 < len(key) <= KEY_LENGTH:
            raise ValidationError({"Idempotency-Key": _("Must hold 1 to 255 characters.")})
        try:
            with transaction.atomic():
                return _answer(
                    caller_of(request), key, _digest(request), lambda: handler(view, request, *args, **kwargs)
                )
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            raise Conflict(_("The same request is still being worked on. Send it again in a moment.")) from error

    answered_once.honors_idempotency_key = True  # type: ignore[attr-defined]  # the laws look for it
    return answered_once


def _answer(caller: Caller, key: str, digest: str, work: Callable[[], Response]) -> Response:
    """Claim the key and do the work, or return what was answered; an insert that loses waits for the winner to commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hub_idempotencykey (workspace_id, caller, key, request_digest) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING RETURNING id",
            [caller.workspace.pk, caller.pk, key, digest],
        )
        claimed = cursor.fetchone()
    if claimed is None:
        return _again(IdempotencyKey.objects.of(caller.workspace).get(caller=caller.pk, key=key), digest)
    response = work()
    answer = json.loads(json.dumps(response.data, default=str))
    sealed = base64.b64encode(seal(answer, _bound_to(claimed[0]))).decode()
    IdempotencyKey.objects.filter(pk=claimed[0]).update(status_code=response.status_code, answer=sealed)
    return response


def _again(stored: IdempotencyKey, digest: str) -> Response:
    if stored.request_digest != digest:
        raise Mismatch
    status = stored.status_code or HTTPStatus.INTERNAL_SERVER_ERROR
    try:
        answer = unseal(base64.b64decode(str(stored.answer)), _bound_to(stored.pk))
    except SecretUnreadable as error:
        raise Conflict(_("This was done, and its answer can no longer be read.")) from error
    data = answer if status != HTTPStatus.NO_CONTENT else None
    return Response(data, status=status, headers={REPLAYED: "true"})


def _bound_to(key_id: int) -> str:
    """Return what an answer is sealed to: it opens in no other row."""
    return f"{IdempotencyKey._meta.label_lower}|{key_id}|answer"


def _digest(request: Request) -> str:
    """Return what makes a request the same: method, address with query, and the bytes of the body."""
    head = f"{request.method} {request.get_full_path()}\n".encode()
    if (request.content_type or "").startswith("multipart/"):
        return _digest_of_form(request, head)
    return hashlib.sha256(head + raw_body(request)).hexdigest()


def _digest_of_form(request: Request, head: bytes) -> str:
    """Return the same for a form, whose parts were read already and whose boundary is another each time."""
    digest = hashlib.sha256(head + json.dumps(sorted(request.POST.lists())).encode())
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            digest.update(f"\n{name}\n{file.name}\n{file.content_type}\n{file.size}\n".encode())
            for chunk in file.chunks():
                digest.update(chunk)
    return digest.hexdigest()


def forget(older_than: timedelta = KEPT) -> int:
    """Delete the keys of requests older than this and return how many; for the hourly purge."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - older_than).delete()[0]

"""What a visitor's chat asks Django for: a session, who they are, their history, and room for a file."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from conversations import feed
from conversations.channels.webchat import bodies
from conversations.channels.webchat.bodies import Identity as Named
from conversations.models import Connection, Delivery, Identity
from conversations.refusal import Refused
from conversations.visit import asking, files, limits, onward, proof, session as sessions, show
from conversations.visit.asked import address_of, pay, session_of, visitor, visitors_may
from conversations.visit.place import Place
from conversations.visit.session import Session
from conversations.visit.wire import BODY_BYTES, Refusal
from conversations.wake import wake
from hub.models import Workspace
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)


@visitors_may("POST")
def session(request: HttpRequest, place: Place) -> HttpResponse:
    """Begin or renew a session; with ``identity`` (a token the shop signed) say who the visitor is.

    401 with a sentence for a token that proves nothing: nothing of anybody is shown then, and the visitor goes on unnamed.
    """
    pay(("session", address_of(request), limits.SESSIONS_OF_ADDRESS))
    given = asking.decoded(request.read(BODY_BYTES) or b"{}", asking.Beginning)
    before = session_of(request, place)
    now = before or sessions.begin(place.id)
    if given.identity:
        pay(("proof", address_of(request), limits.PROOFS_OF_ADDRESS))
        now = _identified(place, before, _proven(place, given.identity))
    return JsonResponse(
        {
            "token": sessions.issue(now),
            "visitor": now.visitor,
            "identified": now.identity is not None,
            "name": now.identity.name if now.identity else "",
        }
    )


def _proven(place: Place, token: str) -> Named:
    source = Connection.objects.of(Workspace(pk=place.workspace_id)).filter(pk=place.connection_id).first()
    try:
        keys = source.credentials().identity_keys if source else ()
    except SecretUnreadable:
        keys = ()
    try:
        return proof.identity_in(token, place.id, keys)
    except proof.Unproven as error:
        log.warning("an identity token was refused", channel=str(place.id))
        raise Refusal(401, error.sentence) from error


def _identified(place: Place, before: Session | None, identity: Named) -> Session:
    """Return the session of whom the token names: the one that was open, unless it is or was somebody else's."""
    if before is None or _is_another(place, before, identity):
        return sessions.begin(place.id, identity)
    now = Session(visitor=before.visitor, channel=place.id, identity=identity)
    if before.identity != identity:
        _tell(place, bodies.Named(visitor=now.visitor, at=datetime.now(UTC), identity=identity))
    return now


def _is_another(place: Place, before: Session, identity: Named) -> bool:
    """Whether the open session belongs to another of the shop's people: two may share a browser, never a talk."""
    if before.external_id:
        return before.external_id != identity.external_id
    workspace = Workspace(pk=place.workspace_id)
    holders = Identity.objects.of(workspace).filter(kind="visitor", value=before.visitor)
    others = Identity.objects.of(workspace).filter(kind="external_id", customer__in=holders.values("customer"))
    return others.exclude(value=identity.external_id).exists()


def _tell(place: Place, body: bodies.Body) -> None:
    """Store what became known of a visitor, on the way of every message."""
    with transaction.atomic():
        Delivery.objects.create(
            workspace_id=place.workspace_id,
            connection_id=place.connection_id,
            body=bodies.write(body),
            content_type="application/json",
        )
        wake("inbound")


@visitors_may("GET")
def history(request: HttpRequest, place: Place) -> HttpResponse:
    """Return the newest of a visitor's talk ``before`` a time, and the number of the feed to listen from."""
    session = visitor(request, place)
    pay(("reading", session.visitor, limits.READING))
    given = request.GET.get("before", "")
    try:
        before = parse_datetime(given) if given else None
    except ValueError:
        before = None
    if given and (before is None or before.tzinfo is None):
        raise Refusal(400, _("The request cannot be understood."))
    seq = feed.head(place.workspace_id)  # first: what comes meanwhile is told twice rather than never
    messages, mark = show.page(place, session, before)
    return JsonResponse({"messages": messages, "before": mark, "seq": seq})


@visitors_may("POST")
def upload(request: HttpRequest, place: Place) -> HttpResponse:
    """Keep a file until its message comes; return the note that stands for it. The body is the file itself."""
    session = visitor(request, place)
    pay(("file", session.visitor, limits.FILES), ("file", address_of(request), limits.FILES_OF_ADDRESS))
    kept = files.take_in(request, place, session)
    return JsonResponse({"file": sessions.issue_upload(kept), "kind": kept.kind, "type": kept.mime_type}, status=201)


@visitors_may("POST")
def invitation(request: HttpRequest, place: Place) -> HttpResponse:
    """Invite the visitor to go on on the channel ``channel``; return the link and the drawing to scan."""
    session = visitor(request, place)
    pay(("invitation", session.visitor, limits.INVITATIONS))
    given = asking.decoded(request.read(BODY_BYTES), asking.Inviting)
    customer = onward.customer_of(place, session)
    if customer is None:
        raise Refusal(409, _("Write something first: then we know whom to expect there."))
    try:
        made = onward.invite(Workspace(pk=place.workspace_id), customer, given.channel)
    except Refused as error:
        raise Refusal(400, error.sentence) from error
    return JsonResponse({"url": made.url, "qr": made.qr, "name": made.name}, status=201)


@login_not_required
@require_safe
def picture(request: HttpRequest, code: str) -> HttpResponse:
    """Serve an invitation as a drawing to scan; whoever knows its address knows its code."""
    drawn = onward.picture(code)
    if drawn is None:
        raise Http404
    answer = HttpResponse(drawn, content_type="image/svg+xml")
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer

"""Files between us and WhatsApp: brought there before they are sent, and found there when a customer has sent one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.translation import gettext_noop

from conversations.channels import graph
from conversations.channels.reading import id_of, text_of
from conversations.channels.types import (
    AttachmentRef,
    Credentials,
    Download,
    Error,
    OutboundFile,
    SendRefused,
    SendUnknown,
)
from conversations.channels.whatsapp.errors import read_error

# Where Meta keeps files: the token goes there and nowhere else.
META_HOSTS = ("facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net")
NO_UPLOAD = gettext_noop("WhatsApp did not take the file; it will be tried again.")
NO_SUCH_FILE = gettext_noop("The file is not here any more.")
NO_ADDRESS = gettext_noop("WhatsApp does not say where the file lies.")


def source(file: OutboundFile, account: str, credentials: Credentials) -> Mapping[str, str]:
    """Bring a file to WhatsApp and return its id there; a file that is not stored here is sent by its link.

    Raises ``SendRefused``: a missing answer is transient, because nobody sees a file that was brought twice.
    """
    if not file.stored_as:
        return {"link": file.link}
    form = {"messaging_product": "whatsapp", "type": file.mime_type}
    try:
        with default_storage.open(file.stored_as, "rb") as opened:
            named = (file.filename or file.kind, opened, file.mime_type)
            path = f"{graph.segment(account)}/media"
            answer = graph.upload(path, form, {"file": named}, credentials.access_token, read_error)
    except FileNotFoundError:
        raise SendRefused(Error(code="file_gone", title=NO_SUCH_FILE)) from None
    except SendUnknown:
        raise SendRefused(Error(code="no_upload", title=NO_UPLOAD, error_class="transient")) from None
    media_id = id_of(answer.get("id"))
    if not media_id:
        raise SendRefused(Error(code="no_upload", title=NO_UPLOAD, error_class="transient"))
    return {"id": media_id}


def locate(file: AttachmentRef, account: str, credentials: Credentials) -> Download:
    """Ask where a customer's file lies now (the answer is good for five minutes). Raises ``SendRefused``."""
    if not file.provider_ref:
        if not file.url:
            raise SendRefused(Error(code="no_address", title=NO_ADDRESS))
        return _download(file.url, file.sha256, credentials)
    about = graph.get(
        graph.segment(file.provider_ref), {"phone_number_id": account}, credentials.access_token, read_error
    )
    url = text_of(about.get("url"))
    if not url:
        raise SendRefused(Error(code="no_address", title=NO_ADDRESS))
    return _download(url, text_of(about.get("sha256")) or file.sha256, credentials)


def _download(url: str, sha256: str, credentials: Credentials) -> Download:
    """The token is shown to Meta's own hosts only, wherever an answer may point."""
    host = urlsplit(url).hostname or ""
    if not _is_metas(host):
        return Download(url=url, sha256=sha256)
    headers = {"Authorization": f"Bearer {credentials.access_token}"}
    return Download(url=url, headers=headers, hosts=(host,), sha256=sha256)


def _is_metas(host: str) -> bool:
    own = urlsplit(settings.GRAPH_API_URL).hostname
    return host == own or any(host == known or host.endswith(f".{known}") for known in META_HOSTS)

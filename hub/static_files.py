"""Static files that pages ask for, under hashed names, modules that import each other included."""

import hashlib
from typing import Any

import brotli
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from servestatic.compress import Compressor
from servestatic.storage import CompressedManifestStaticFilesStorage

# Of what comes with packages, what no page of ours asks for: hashing and compressing it is most of collecting's work.
UNUSED = ["rest_framework", "htmx-4*", "htmax-*", "django_htmx/ext/*"]
# Of 11, which takes thirty times as long for a tenth fewer bytes, and somebody waits for the first page.
BROTLI_QUALITY = 5


class StaticFiles(StaticFilesConfig):
    """Django's app with its own idea of what is not worth collecting, the same wherever it is done."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, *UNUSED]


class QuickCompressor(Compressor):
    """Packs no tighter than is worth waiting for."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """Return ``data`` compressed by Brotli."""
        packed: bytes = brotli.compress(data, quality=BROTLI_QUALITY)
        return packed


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Hash names, compress, and rewrite the imports of ES modules."""

    support_js_module_import_aggregation = True
    keep_only_hashed_files = True  # nobody asks for the others

    def create_compressor(self, **options: Any) -> Compressor:
        """Return what compresses a file: small enough, and soon."""
        return QuickCompressor(**options)


def fingerprint() -> str:
    """Return a digest of every static file's name, size and time: equal while collecting again would change nothing."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            found = f"{path} {storage.size(path)} {storage.get_modified_time(path).timestamp()}\n"
            digest.update(found.encode())
    return digest.hexdigest()

"""Static files under hashed names, modules that import each other included."""

import hashlib

from django.contrib.staticfiles.finders import get_finders
from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Hash names, compress, and rewrite the imports of ES modules."""

    support_js_module_import_aggregation = True


def fingerprint() -> str:
    """Return a digest of every static file's name, size and time: equal while collecting again would change nothing."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            found = f"{path} {storage.size(path)} {storage.get_modified_time(path).timestamp()}\n"
            digest.update(found.encode())
    return digest.hexdigest()

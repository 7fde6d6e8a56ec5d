"""Static files under hashed names, modules that import each other included."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Hash names, compress, and rewrite the imports of ES modules."""

    support_js_module_import_aggregation = True

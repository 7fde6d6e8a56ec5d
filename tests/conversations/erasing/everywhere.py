"""Looking for words in the whole database and in the whole storage, whatever tables there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection

COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type = 'bytea' FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
"""


def in_the_database(words: Sequence[str]) -> dict[tuple[str, str], set[str]]:
    """Return where any of these words stands: by (table, word) in rows of which workspaces, "" for those of no workspace."""
    columns: dict[str, dict[str, bool]] = defaultdict(dict)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column, is_bytes in cursor.fetchall():
            columns[table][column] = is_bytes
        for table, names in columns.items():
            texts = [f"encode(\"{one}\", 'escape')" if is_bytes else f'"{one}"' for one, is_bytes in names.items()]
            owner = "workspace_id::text" if "workspace_id" in names else "''"
            cursor.execute(
                f'SELECT DISTINCT wanted.letters, {owner} FROM "{table}" '
                f"JOIN unnest(%s::text[]) AS wanted (letters) ON concat_ws(' ', {', '.join(texts)}) ILIKE '%%' || wanted.letters || '%%'",
                [list(words)],
            )
            for word, workspace in cursor.fetchall():
                found[table, word].add(workspace)
    return dict(found)


def in_the_storage(words: Iterable[str]) -> set[str]:
    """Return the files that hold any of these words."""
    files = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    return {path.name for path in files if any(word.encode() in path.read_bytes().lower() for word in words)}

"""Cells in half as many bytes, and read as they are kept: what is packed already is not compressed once more."""

from typing import Any

import numpy as np
from django.db import migrations

# Rows of a page or less stay whole and plain; the people of a day go beside it, plain as well.
PLAIN = """
ALTER TABLE metrics_cell SET (toast_tuple_target = 8160);
ALTER TABLE metrics_cell ALTER COLUMN members SET STORAGE EXTERNAL;
"""
COMPRESSED = """
ALTER TABLE metrics_cell ALTER COLUMN members SET STORAGE EXTENDED;
ALTER TABLE metrics_cell RESET (toast_tuple_target);
"""
# What is added to, be it nothing, is written anew; and that is what makes it plain.
REWRITTEN = """
UPDATE metrics_cell SET hours = hours || '{}'::bigint[], members = members || ''::bytea, histogram = histogram || ''::bytea
"""
HIGHEST = 0xFFFF  # count of a pair
NOTHING = -(2**31), -(2**15)  # the bucket of no time at all, before and since
BATCH = 2000


def halved(packed: bytes) -> bytes:
    """Return pairs of four bytes each half in pairs of two, a count above the highest in several."""
    pairs = [
        (NOTHING[1] if place == NOTHING[0] else place, min(HIGHEST, count - before))
        for place, count in np.frombuffer(packed, dtype="<i4").reshape(-1, 2).tolist()
        for before in range(0, count, HIGHEST)
    ]
    return np.array(pairs, dtype="<i4").astype("<u2").tobytes()


def doubled(packed: bytes) -> bytes:
    """Return the same the other way round."""
    found: dict[int, int] = {}
    both = np.frombuffer(packed, dtype="<u2")
    for place, count in zip(both[::2].astype("<i2").tolist(), both[1::2].tolist(), strict=True):
        found[place] = found.get(place, 0) + count
    pairs = [(NOTHING[0] if place == NOTHING[1] else place, count) for place, count in found.items()]
    return np.array(pairs, dtype="<i4").tobytes()


def rewrite(how: Any) -> Any:
    """Return what writes every histogram anew."""

    def forwards(apps: Any, schema_editor: Any) -> None:
        last = 0
        with schema_editor.connection.cursor() as cursor:
            while True:
                cursor.execute(
                    "SELECT id, histogram FROM metrics_cell WHERE id > %s AND histogram <> '' ORDER BY id LIMIT %s",
                    [last, BATCH],
                )
                rows = [(how(bytes(packed)), cell) for cell, packed in cursor.fetchall()]
                if not rows:
                    break
                cursor.executemany("UPDATE metrics_cell SET histogram = %s WHERE id = %s", rows)
                last = rows[-1][1]
            cursor.execute(REWRITTEN)

    return forwards


class Migration(migrations.Migration):
    """Pack histograms in half, and leave rows as they are packed."""

    dependencies = [("metrics", "0007_journeys")]
    operations = [
        migrations.RunSQL(PLAIN, COMPRESSED),
        migrations.RunPython(rewrite(halved), rewrite(doubled)),
    ]

"""Labels: by which labels a conversation counts, as entries whose observations belong to one conversation name it.

A conversation counts under every label it has as of the answer, whenever in its life it was put on; the rows of a split may
so be more than the total. One without labels stands under nothing. A label is named by its id, which stays when it is renamed.
"""

from __future__ import annotations

LABEL = {"label": "label"}
LABELS = {"label": "metrics_labelfact"}

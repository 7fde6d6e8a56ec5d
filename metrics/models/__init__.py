"""The rows of figures: facts and rollups, all of them derived and rebuildable, and the proofs of shown numbers."""

from metrics.models.derived import Fact, Mark, Stale
from metrics.models.receipt import Receipt
from metrics.models.rollup import Cell
from metrics.models.service import ConversationFact, VolumeFact, WaitFact

__all__ = [
    "Cell",
    "ConversationFact",
    "Fact",
    "Mark",
    "Receipt",
    "Stale",
    "VolumeFact",
    "WaitFact",
]

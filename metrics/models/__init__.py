"""The rows of figures: facts and rollups, all of them derived and rebuildable, and the proofs of shown numbers."""

from metrics.models.derived import Fact, Mark, Stale
from metrics.models.plans import Digest, DigestLetter, Goal, MatrixCell, StageModel
from metrics.models.receipt import Receipt
from metrics.models.rollup import Cell
from metrics.models.sales import (
    BenefitFact,
    CartFact,
    CostFact,
    ExchangeRate,
    LinkFact,
    MovementFact,
    OpportunityFact,
    OrderFact,
    PersonFact,
    StageFact,
    StalePerson,
    SurveyFact,
)
from metrics.models.saved import SavedDashboard
from metrics.models.talk import ConversationFact, LabelFact, StayFact, VolumeFact, WaitFact
from metrics.models.touches import JourneyFact, TouchFact

__all__ = [
    "BenefitFact",
    "CartFact",
    "Cell",
    "ConversationFact",
    "CostFact",
    "Digest",
    "DigestLetter",
    "ExchangeRate",
    "Fact",
    "Goal",
    "JourneyFact",
    "LabelFact",
    "LinkFact",
    "Mark",
    "MatrixCell",
    "MovementFact",
    "OpportunityFact",
    "OrderFact",
    "PersonFact",
    "Receipt",
    "SavedDashboard",
    "StageFact",
    "StageModel",
    "Stale",
    "StalePerson",
    "StayFact",
    "SurveyFact",
    "TouchFact",
    "VolumeFact",
    "WaitFact",
]

"""Writing the story: messages as they were said, and what later became of them. In memory first, then set-based."""

from conversations.record.aimed import aim, load_targets, park, pointer, targets_of
from conversations.record.echoes import Absorbed, adopt, is_of_another, take_over
from conversations.record.ledger import Aimed, Ledger, Said, Target
from conversations.record.said import ask_known, episode_opened, known_messages, say
from conversations.record.watermark import move_up
from conversations.record.writing import ask_parked, recount_waits, take_parked, write

__all__ = [
    "Absorbed",
    "Aimed",
    "Ledger",
    "Said",
    "Target",
    "adopt",
    "aim",
    "ask_known",
    "ask_parked",
    "episode_opened",
    "is_of_another",
    "known_messages",
    "load_targets",
    "move_up",
    "park",
    "pointer",
    "recount_waits",
    "say",
    "take_over",
    "take_parked",
    "targets_of",
    "write",
]

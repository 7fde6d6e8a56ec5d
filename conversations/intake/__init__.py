"""The providers' door: webhooks are proven, stored and only then answered."""

from conversations.intake.door import Intake

__all__ = ["Intake"]

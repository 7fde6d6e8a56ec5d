"""How a survey is recognized again: in the ids of its choices, and in what history says of it."""

from __future__ import annotations

from uuid import UUID

from conversations.models import SurveyRequest

CHOICE = "survey:"


def choice_id(request_id: UUID, score: int) -> str:
    """Return the id that comes back when a score is pressed."""
    return f"{CHOICE}{request_id}:{score}"


def chosen(choice: str) -> tuple[UUID, int] | None:
    """Return the request and score of a pressed choice; None for one of something else."""
    if not choice.startswith(CHOICE):
        return None
    key, _, score = choice.removeprefix(CHOICE).partition(":")
    try:
        return UUID(key), int(score)
    except ValueError:
        return None


def told(row: SurveyRequest) -> dict[str, str | int | None]:
    """Return what history says of a request; needs its survey."""
    return {
        "survey": row.survey.kind,
        "touchpoint": row.touchpoint,
        "agent": row.agent_email or None,
        "request": str(row.pk),
    }

"""History: what it says of an instant that facts name, as SQL that entries share."""

from __future__ import annotations

ACTOR = "coalesce(nullif(told.actor_kind, ''), told.data->>'author', told.data->>'by', '')"
AGENT = "coalesce(nullif(told.actor_email, ''), told.data->>'agent', '')"


def told(kind: str, at: str, what: str) -> str:
    """Return a SELECT of one value of an event of a conversation, by its type and instant; expects a row named ``session``.

    It is looked up only where something asks for it; history is read up to the mark of the answer.
    """
    return f"""(
            SELECT {what} FROM conversations_conversation place
            JOIN conversations_historyevent told ON told.conversation_id = place.id
            WHERE (place.id = session.conversation_id OR place.folded_into_id = session.conversation_id)
              AND told.type = '{kind}' AND told.occurred_at = session.{at} AND told.transaction < %(mark)s
            ORDER BY told.id LIMIT 1
        )"""  # noqa: S608  words of our own

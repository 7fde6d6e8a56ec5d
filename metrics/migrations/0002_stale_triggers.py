"""Triggers that remember which conversations lost or moved history, so that derive looks at them again."""

from django.db import migrations

CREATE = """
CREATE FUNCTION metrics_remember_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (workspace_id, conversation_id)
    SELECT DISTINCT workspace_id, conversation_id FROM gone WHERE conversation_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_history_gone AFTER DELETE ON conversations_historyevent
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION metrics_remember_gone();

CREATE FUNCTION metrics_remember_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (workspace_id, conversation_id)
    SELECT OLD.workspace_id, moved FROM unnest(ARRAY[OLD.conversation_id, NEW.conversation_id]) AS moved
    WHERE moved IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_history_moved AFTER UPDATE OF conversation_id ON conversations_historyevent
    FOR EACH ROW WHEN (OLD.conversation_id IS DISTINCT FROM NEW.conversation_id)
    EXECUTE FUNCTION metrics_remember_moved();

CREATE FUNCTION metrics_remember_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (workspace_id, conversation_id) VALUES (NEW.workspace_id, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_conversation_moved AFTER UPDATE OF customer_id ON conversations_conversation
    FOR EACH ROW WHEN (OLD.customer_id IS DISTINCT FROM NEW.customer_id)
    EXECUTE FUNCTION metrics_remember_person();
"""
DROP = """
DROP TRIGGER metrics_conversation_moved ON conversations_conversation;
DROP TRIGGER metrics_history_moved ON conversations_historyevent;
DROP TRIGGER metrics_history_gone ON conversations_historyevent;
DROP FUNCTION metrics_remember_person, metrics_remember_moved, metrics_remember_gone;
"""


class Migration(migrations.Migration):
    """Hang the triggers on the story's tables: what is erased or moved there is looked at here."""

    dependencies = [("metrics", "0001_initial"), ("conversations", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]

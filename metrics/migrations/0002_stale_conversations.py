"""Triggers that remember which conversations lost or moved history, count as others' by a merge, or changed hours."""

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

CREATE FUNCTION metrics_remember_folded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (workspace_id, conversation_id)
    SELECT NEW.workspace_id, touched FROM unnest(ARRAY[NEW.id, OLD.folded_into_id, NEW.folded_into_id]) AS touched
    WHERE touched IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_conversation_folded AFTER UPDATE OF folded_into_id ON conversations_conversation
    FOR EACH ROW WHEN (OLD.folded_into_id IS DISTINCT FROM NEW.folded_into_id)
    EXECUTE FUNCTION metrics_remember_folded();

CREATE FUNCTION metrics_remember_joined() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (workspace_id, conversation_id)
    SELECT workspace_id, id FROM conversations_conversation WHERE customer_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_customer_joined AFTER UPDATE OF merged_into_id ON conversations_customer
    FOR EACH ROW WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id)
    EXECUTE FUNCTION metrics_remember_joined();

CREATE FUNCTION metrics_remember_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (workspace_id, conversation_id)
    SELECT workspace_id, conversation_id FROM metrics_conversationfact
    WHERE workspace_id = coalesce(NEW.workspace_id, OLD.workspace_id);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_hours_changed AFTER INSERT OR UPDATE OR DELETE ON hub_workinghours
    FOR EACH ROW EXECUTE FUNCTION metrics_remember_hours();
"""
DROP = """
DROP TRIGGER metrics_hours_changed ON hub_workinghours;
DROP TRIGGER metrics_customer_joined ON conversations_customer;
DROP TRIGGER metrics_conversation_folded ON conversations_conversation;
DROP TRIGGER metrics_conversation_moved ON conversations_conversation;
DROP TRIGGER metrics_history_moved ON conversations_historyevent;
DROP TRIGGER metrics_history_gone ON conversations_historyevent;
DROP FUNCTION metrics_remember_hours, metrics_remember_joined, metrics_remember_folded, metrics_remember_person,
    metrics_remember_moved, metrics_remember_gone;
"""


class Migration(migrations.Migration):
    """Hang the triggers on the story's tables and on hours: what they touch is derived again."""

    replaces = [
        ("metrics", "0002_stale_triggers"),
        ("metrics", "0003_people_are_joined"),
        ("metrics", "0004_working_hours"),
        ("metrics", "0011_heard_conversations"),
    ]
    dependencies = [("metrics", "0001_initial"), ("conversations", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]

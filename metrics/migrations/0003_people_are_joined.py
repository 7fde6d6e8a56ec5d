"""Triggers that remember which conversations count as another person's, or as part of another conversation, since a merge."""

from django.db import migrations

CREATE = """
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
"""
DROP = """
DROP TRIGGER metrics_customer_joined ON conversations_customer;
DROP TRIGGER metrics_conversation_folded ON conversations_conversation;
DROP FUNCTION metrics_remember_joined, metrics_remember_folded;
"""


class Migration(migrations.Migration):
    """Hang the triggers on the pointers of a merge: what they change is derived again."""

    dependencies = [("metrics", "0002_stale_triggers"), ("conversations", "0002_every_channel")]
    operations = [migrations.RunSQL(CREATE, DROP)]

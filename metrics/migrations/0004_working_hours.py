"""A trigger that has a workspace derived again when its working hours change, and once for facts without business time."""

from django.db import migrations

CREATE = """
CREATE FUNCTION metrics_remember_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (workspace_id, conversation_id)
    SELECT workspace_id, conversation_id FROM metrics_conversationfact
    WHERE workspace_id = coalesce(NEW.workspace_id, OLD.workspace_id);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_hours_changed AFTER INSERT OR UPDATE OR DELETE ON hub_workinghours
    FOR EACH ROW EXECUTE FUNCTION metrics_remember_hours();
INSERT INTO metrics_stale (workspace_id, conversation_id) SELECT workspace_id, conversation_id FROM metrics_conversationfact;
"""
DROP = """
DROP TRIGGER metrics_hours_changed ON hub_workinghours;
DROP FUNCTION metrics_remember_hours;
"""


class Migration(migrations.Migration):
    """Hang the trigger on the hours: what they measured is measured anew."""

    dependencies = [("metrics", "0003_people_are_joined"), ("hub", "0002_working_hours")]
    operations = [migrations.RunSQL(CREATE, DROP)]

"""Facts of conversations as light to write as they can be: their workspace is not looked up for each, ends only are indexed."""

from django.db import migrations
from django.db.migrations import AddIndex, AlterField, RemoveIndex, RunSQL, SeparateDatabaseAndState
from django.db.models import DO_NOTHING, ForeignKey, Index, Q

FACTS = ("wait", "conversation", "volume", "stay")
# What is found by its end: until there is one, no entry of the index stands for it.
BY_END = (
    ("wait", "wait_by_end", "workspace ended_at id"),
    ("conversation", "fact_by_response", "workspace responded_at id"),
    ("conversation", "fact_by_resolution", "workspace resolved_at id"),
    ("stay", "stay_by_end", "workspace kind ended_at id"),
)
# The mark refers to the workspace, and whoever derives has it locked: once a workspace is gone no fact of it comes any more.
GONE = f"""
CREATE FUNCTION metrics_forget_workspace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {" ".join(f"DELETE FROM metrics_{name}fact WHERE workspace_id = OLD.id;" for name in FACTS)}
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_workspace_gone AFTER DELETE ON hub_workspace
    FOR EACH ROW EXECUTE FUNCTION metrics_forget_workspace();
"""  # noqa: S608  names of our own
STAYING = "DROP TRIGGER metrics_workspace_gone ON hub_workspace; DROP FUNCTION metrics_forget_workspace;"
NAMED = """
DO $$ DECLARE reference record; BEGIN
    FOR reference IN SELECT conrelid::regclass AS facts, conname FROM pg_constraint
        WHERE contype = 'f' AND conrelid = 'metrics_{name}fact'::regclass
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', reference.facts, reference.conname); END LOOP;
END $$;
"""
REFERENCED = """
ALTER TABLE metrics_{name}fact ADD FOREIGN KEY (workspace_id) REFERENCES hub_workspace DEFERRABLE INITIALLY DEFERRED;
"""


def in_sql(*, partial: bool) -> str:
    """Return what makes the indexes anew, of ends alone or of all rows."""
    made = []
    for name, index, fields in BY_END:
        columns = fields.replace("workspace", "workspace_id").split()
        where = f" WHERE {columns[-2]} IS NOT NULL" if partial else ""
        made.append(f"DROP INDEX {index}; CREATE INDEX {index} ON metrics_{name}fact ({', '.join(columns)}){where};")
    return "\n".join(made)


class Migration(migrations.Migration):
    """Let facts name their workspace, which takes them along when it goes, and index ends where there are any."""

    dependencies = [("metrics", "0004_ways_to_history"), ("hub", "0001_initial")]
    operations = [
        SeparateDatabaseAndState(
            database_operations=[
                RunSQL(
                    GONE + "".join(NAMED.format(name=name) for name in FACTS) + in_sql(partial=True),
                    STAYING + "".join(REFERENCED.format(name=name) for name in FACTS) + in_sql(partial=False),
                )
            ],
            state_operations=[
                *(
                    AlterField(
                        f"{name}fact",
                        "workspace",
                        ForeignKey("hub.workspace", DO_NOTHING, related_name="+", db_constraint=False, db_index=False),
                    )
                    for name in FACTS
                ),
                *(RemoveIndex(f"{name}fact", index) for name, index, _ in BY_END),
                *(
                    AddIndex(
                        f"{name}fact",
                        Index(
                            fields=fields.split(), condition=Q(**{f"{fields.split()[-2]}__isnull": False}), name=index
                        ),
                    )
                    for name, index, fields in BY_END
                ),
            ],
        )
    ]

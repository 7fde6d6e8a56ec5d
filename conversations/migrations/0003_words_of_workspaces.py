"""Words are indexed with the mark of their workspace: an index of both apart reads through the whole workspace at every search."""

import django.db.models.deletion
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import migrations, models

# ASCII has no accents to take off.
CONFIGURATION = (
    "ALTER TEXT SEARCH CONFIGURATION novelo ALTER MAPPING FOR asciiword, asciihword, hword_asciipart WITH {}"
)
# What was indexed is indexed anew by the follower, which begins where history does.
FORGET = """
TRUNCATE conversations_searchentry, conversations_searchword;
DELETE FROM conversations_follower WHERE name IN ('search', 'search_changes')
"""


class Migration(migrations.Migration):
    """Change the configuration, the key and the index, and begin anew."""

    dependencies = [("conversations", "0002_search")]
    operations = [
        migrations.RunSQL(CONFIGURATION.format("portuguese_stem"), CONFIGURATION.format("unaccent, portuguese_stem")),
        migrations.RunSQL(FORGET, FORGET),
        migrations.AlterField(
            "searchentry",
            "workspace",
            models.ForeignKey(
                "hub.workspace",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                db_index=False,
                db_constraint=False,
            ),
        ),
        migrations.RemoveIndex("searchentry", "search_by_words"),
        migrations.AddIndex(
            "searchentry", GinIndex(fields=["words"], name="search_by_words", gin_pending_list_limit=2048)
        ),
        migrations.AddIndex("searchentry", BrinIndex(fields=["at"], name="search_by_day", autosummarize=True)),
    ]

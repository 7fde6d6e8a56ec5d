"""Lay what search stands on: a text search of our own, the words of messages, their vocabulary, names by their letters."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import BtreeGinExtension, TrigramExtension, UnaccentExtension
from django.db import migrations, models

# Portuguese endings are cut off after the accents, in messages and questions alike; other languages lose by it next to nothing.
CONFIGURATION = """
CREATE TEXT SEARCH CONFIGURATION novelo (COPY = portuguese);
ALTER TEXT SEARCH CONFIGURATION novelo ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part
  WITH unaccent, portuguese_stem;
"""
# The expression is the one of querysets.customer.Unaccented. New people wait in the pending list: one costs next to nothing.
NAMES = """
CREATE INDEX customer_by_letters ON conversations_customer
  USING gin (translate(upper(name), 'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑ', 'AAAAAEEEEIIIIOOOOOUUUUCN') gin_trgm_ops);
CREATE INDEX identity_by_letters ON conversations_identity USING gin (upper(value) gin_trgm_ops, upper(username) gin_trgm_ops);
"""


class Migration(migrations.Migration):
    """Search."""

    dependencies = [("conversations", "0004_place_to_work"), ("hub", "0003_place_to_work")]

    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        BtreeGinExtension(),
        migrations.RunSQL(CONFIGURATION, "DROP TEXT SEARCH CONFIGURATION novelo"),
        migrations.RunSQL(NAMES, "DROP INDEX customer_by_letters; DROP INDEX identity_by_letters"),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="conversations.message",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="hub.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "-at", "-message"], name="search_by_age"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["workspace", "words"], gin_pending_list_limit=512, name="search_by_words"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("word", models.CharField(max_length=40)),
                ("count", models.PositiveBigIntegerField(default=0)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="hub.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["word"], name="search_word_by_letters", opclasses=["gin_trgm_ops"]
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "word"),
                        name="word_is_counted_once_per_workspace",
                        opclasses=["uuid_ops", "varchar_pattern_ops"],
                    )
                ],
            },
        ),
    ]

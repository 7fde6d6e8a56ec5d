"""What search stands on beside its tables: a text search of our own, and names by their letters."""

from django.db import migrations

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
    """Make both."""

    replaces = [("conversations", "0005_search")]
    dependencies = [("conversations", "0001_initial")]
    operations = [
        migrations.RunSQL(CONFIGURATION, "DROP TEXT SEARCH CONFIGURATION novelo"),
        migrations.RunSQL(NAMES, "DROP INDEX customer_by_letters; DROP INDEX identity_by_letters"),
    ]

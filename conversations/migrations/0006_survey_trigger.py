"""What starts a survey is a word of history: those have up to forty letters."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Widen the column; nothing is rewritten."""

    dependencies = [("conversations", "0005_search")]

    operations = [
        migrations.AlterField("survey", "trigger", models.CharField(default="conversation.resolved", max_length=40)),
    ]

"""An index of the items that fit no channel."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add one index; what it covers is rare."""

    dependencies = [("conversations", "0007_imports")]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("outcome", "unroutable")),
                fields=["workspace", "delivery"],
                name="item_unroutable",
            ),
        ),
    ]

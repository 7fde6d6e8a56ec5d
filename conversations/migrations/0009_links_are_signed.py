from django.db import migrations


class Migration(migrations.Migration):
    """The links of surveys are signed: no digest of a token is kept."""

    dependencies = [("conversations", "0008_unroutable_items")]

    operations = [migrations.RemoveField(model_name="surveyrequest", name="token_digest")]

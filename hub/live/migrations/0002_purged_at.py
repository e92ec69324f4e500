"""When a talk's recording was erased at the end of its term."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds ``purged_at``."""

    dependencies = [("live", "0001_initial")]

    operations = [
        migrations.AddField("livetalk", "purged_at", models.DateTimeField(null=True)),
    ]

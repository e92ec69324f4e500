from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leases", "0001_initial")]

    operations = [
        migrations.RemoveField("worker", "is_broker_up"),
        migrations.AddField(
            "worker",
            "brokers",
            models.PositiveSmallIntegerField(default=0, help_text="how many of them it reaches"),
        ),
    ]

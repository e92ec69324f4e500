"""Boxes are found by the first column of unique constraints; a second index only costs time."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


def _box(**named: str) -> models.ForeignKey:
    return models.ForeignKey(
        "ledger.box", django.db.models.deletion.CASCADE, db_index=False, **named
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_slips_from_phones")]

    operations = [
        migrations.AlterField("delivery", "box", _box(related_name="deliveries")),
        migrations.AlterField("outboxcursor", "box", _box()),
        migrations.AlterField("receiptrow", "box", _box()),
    ]

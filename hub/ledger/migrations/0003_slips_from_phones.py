from django.db import migrations, models
import django.db.models.deletion


def name_villages(apps, schema_editor):
    """Slips that were taken before are about their box's village."""
    for slip in apps.get_model("ledger", "FeedbackSlip").objects.select_related("box"):
        slip.village = slip.box.area
        slip.save(update_fields=["village"])


class Migration(migrations.Migration):

    dependencies = [
        ("ledger", "0002_slip_identity"),
    ]

    operations = [
        migrations.AddField(
            model_name="feedbackslip",
            name="village",
            field=models.CharField(
                db_index=True, default="", help_text="the place it is about", max_length=12
            ),
            preserve_default=False,
        ),
        migrations.RunPython(name_villages, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="feedbackslip",
            name="box",
            field=models.ForeignKey(
                blank=True,
                help_text="none: it was written on a phone",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="slips",
                to="ledger.box",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedbackslip",
            constraint=models.UniqueConstraint(
                condition=models.Q(("box", None)),
                fields=("slip",),
                name="one_phone_slip_a_number",
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrol', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='enrolmentticket',
            name='certificate_ended_at',
            field=models.DateTimeField(blank=True, help_text="revoked, or replaced by a newer box's", null=True),
        ),
    ]

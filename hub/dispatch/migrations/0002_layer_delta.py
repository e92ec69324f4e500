from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dispatch', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='layer',
            name='delta',
            field=models.BinaryField(default=b'', help_text='from the version before, sealed'),
        ),
    ]

"""What stands beneath a sheet's score, as text: it is written and read as a whole."""

from django.db import migrations

import scorecards.models.packed


class Migration(migrations.Migration):
    dependencies = [("scorecards", "0006_reminder_choice")]

    operations = [
        migrations.AlterField(
            model_name="scoresheet",
            name="detail",
            field=scorecards.models.packed.PackedJSON(default=dict),
        )
    ]

"""When a look at an order failed, so that pages say so only where one did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0016_announcements"),
    ]

    operations = [
        migrations.AddField(
            model_name="orderwatch",
            name="failed_at",
            field=models.DateTimeField(null=True),
        ),
    ]

"""What complete passes list is noted by the page and not by the order; what was heard of it moves to its row."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0014_freshen")]

    operations = [
        migrations.RemoveField(model_name="orderwatch", name="heard"),
        migrations.AddField(model_name="order", name="heard", field=models.BigIntegerField(null=True)),
        migrations.RemoveIndex(model_name="orderwatch", name="watch_missed"),
        migrations.AddIndex(
            model_name="orderwatch",
            index=models.Index(fields=["order"], condition=models.Q(("missed_at__isnull", False)), name="watch_missed"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="listed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="SyncPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("orders", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                (
                    "sync",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pages", to="orders.sync"
                    ),
                ),
            ],
        ),
        # Numbers of so many digits hardly get smaller, and trying takes longer than the rest.
        migrations.RunSQL(
            "alter table orders_syncpage alter column orders set storage external", migrations.RunSQL.noop
        ),
    ]

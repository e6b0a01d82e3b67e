"""How far each pass over a list is, and what was last heard of each order."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_words")]

    operations = [
        migrations.CreateModel(
            name="Sync",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("import", "import"), ("catch_up", "catch-up"), ("daily", "daily pass")], max_length=10
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("waiting", "waiting"),
                            ("done", "done"),
                            ("stopped", "stopped"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                ("offset", models.TextField(blank=True, default="")),
                ("mark", models.TextField(blank=True, default="")),
                ("turns", models.IntegerField(default=0)),
                ("read", models.IntegerField(default=0)),
                ("skipped", models.IntegerField(default=0)),
                ("restarts", models.SmallIntegerField(default=0)),
                ("failures", models.SmallIntegerField(default=0)),
                ("began_at", models.DateTimeField()),
                ("resumed_at", models.DateTimeField()),
                ("resumed_read", models.IntegerField(default=0)),
                ("page_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="syncs", to="orders.apikey"
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("key", "kind"), name="sync_once")]},
        ),
        migrations.AddField("orderwatch", "heard", models.BigIntegerField(null=True)),
        migrations.AddField("orderwatch", "missed_at", models.DateTimeField(null=True)),
        migrations.AddField("orderwatch", "misses", models.SmallIntegerField(default=0)),
        migrations.AddIndex(
            "orderwatch",
            models.Index(fields=["missed_at"], condition=models.Q(missed_at__isnull=False), name="watch_missed"),
        ),
    ]

"""Webhooks in: one per API key, and what they said of orders."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_kept_events")]

    operations = [
        migrations.CreateModel(
            name="Hook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("sealed_token", models.BinaryField()),
                ("sealed_secret", models.BinaryField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("received", models.BigIntegerField(default=0)),
                ("unknown", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("last_at", models.DateTimeField(null=True)),
                ("caught_up_at", models.DateTimeField(null=True)),
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="hook", to="orders.apikey"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OrderHint",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="hint",
                        serialize=False,
                        to="orders.order",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("looked_at", models.DateTimeField(null=True)),
            ],
        ),
    ]

"""Webhooks in: one per API key, and what they said of orders."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_kept_events")]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("created", "created"),
                    ("not_created", "not created"),
                    ("renamed", "renamed"),
                    ("refused", "not renamed"),
                    ("name_changed", "renamed at Autoenhance"),
                    ("status", "status changed"),
                    ("key_added", "key added"),
                    ("key_replaced", "key replaced"),
                    ("key_refused", "key refused by Autoenhance"),
                    ("key_works", "key works again"),
                    ("key_took_over", "key took orders over"),
                    ("key_deleted", "key deleted"),
                    ("key_shared", "key opened to teammates"),
                    ("key_unshared", "key closed to teammates"),
                    ("hook_made", "webhook made"),
                    ("hook_replaced", "webhook replaced"),
                    ("hook_removed", "webhook removed"),
                    ("imported", "orders imported"),
                    ("team_created", "team created"),
                    ("team_renamed", "team renamed"),
                    ("invited", "person invited"),
                    ("invitation_ended", "invitation cancelled"),
                    ("joined", "person joined"),
                    ("role_changed", "role changed"),
                    ("left", "person left"),
                    ("removed", "person removed"),
                    ("links_on", "share links allowed"),
                    ("links_off", "share links forbidden"),
                    ("link_made", "share link made"),
                    ("link_changed", "share link changed"),
                    ("link_revoked", "share link revoked"),
                    ("link_opened", "share link opened"),
                    ("link_refused", "wrong password for a share link"),
                    ("view_shared", "view given to the team"),
                    ("view_unshared", "team view taken back"),
                    ("view_deleted", "team view deleted"),
                    ("exported", "exported"),
                ],
                max_length=20,
            ),
        ),
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

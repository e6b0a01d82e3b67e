"""When open orders are looked at next, their runs, and who follows them."""

import django.db.models.deletion
import django.db.models.fields.json
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

# What is open when this is installed has a run, so that its end is told, and is due at once.
OPEN = """
    update orders_order set run_at = updated_at where shown in (1, 2, 3);
    update orders_orderwatch set next_at = now() from orders_order as o where o.id = orders_orderwatch.order_id and (
        shown in (2, 3) or shown in (1, 7) and updated_at > now() - interval '2 hours')
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("orders", "0013_rows_beside"),
    ]

    operations = [
        migrations.AddField("order", "run", models.IntegerField(db_default=0, default=0)),
        migrations.AddField("order", "run_at", models.DateTimeField(null=True)),
        migrations.AddField("orderwatch", "next_at", models.DateTimeField(null=True)),
        migrations.AddField("orderwatch", "claimed_until", models.DateTimeField(null=True)),
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
                    ("finished", "finished"),
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
        migrations.AddIndex(
            model_name="orderwatch",
            index=models.Index(condition=models.Q(next_at__isnull=False), fields=["next_at"], name="watch_next"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                models.F("order_id"),
                django.db.models.fields.json.KeyTransform("run", "data"),
                condition=models.Q(kind="finished"),
                name="event_finished_once",
            ),
        ),
        migrations.CreateModel(
            name="Follow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="orders.order",
                    ),
                ),
                ("team", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="accounts.team")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                (
                    "view",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="orders.view",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "order"), name="follow_order_once"),
                    models.UniqueConstraint(fields=("user", "view"), name="follow_view_once"),
                    models.CheckConstraint(
                        condition=models.Q(("order", None), ("view", None), _connector="XOR"), name="follow_one_thing"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.BigIntegerField()),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("due_at", models.DateTimeField(db_default=Now(), null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("tries", models.SmallIntegerField(default=0)),
                ("order", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="orders.order")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(due_at__isnull=False), fields=["due_at"], name="mail_due"),
                ],
                "constraints": [models.UniqueConstraint(fields=("event_id", "user"), name="mail_once")],
            },
        ),
        migrations.RunSQL(OPEN, migrations.RunSQL.noop),
    ]

from django.db import migrations, models

# Written before each request to Autoenhance: without a log, no request waits for a disk.
UNLOGGED = "alter table orders_pace set unlogged; alter table orders_allowance set unlogged"
LOGGED = "alter table orders_pace set logged; alter table orders_allowance set logged"


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_hooks")]

    operations = [
        migrations.CreateModel(
            name="Allowance",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("free_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField("pace", "limited_until", models.DateTimeField(null=True)),
        migrations.AddField("pace", "slowed_to", models.FloatField(db_default=1.0)),
        migrations.AddField("pace", "failures", models.SmallIntegerField(db_default=0)),
        migrations.AddField("pace", "failing_since", models.DateTimeField(null=True)),
        migrations.AddField("pace", "probe_at", models.DateTimeField(null=True)),
        migrations.AddField("pace", "tries", models.FloatField(db_default=0.0)),
        migrations.RunSQL(UNLOGGED, LOGGED),
    ]

"""The counters behind /metrics (dashboard/counts.py): unlogged, so that adding to them waits for no disk."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_preferences")]

    operations = [
        migrations.RunSQL(
            """
            create unlogged table counts (
                family varchar(40), label varchar(80), detail varchar(20), n double precision not null,
                primary key (family, label, detail)
            )
            """,
            "drop table counts",
        )
    ]

"""The table of `DatabaseCache`, so that `migrate` alone makes a database complete."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            create table cache (
                cache_key varchar(255) primary key, value text not null, expires timestamp with time zone not null
            );
            create index cache_expires on cache (expires);
            """,
            "drop table cache",
        )
    ]

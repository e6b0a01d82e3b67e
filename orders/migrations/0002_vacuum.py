"""Index-only scans need a current visibility map: vacuum this table early (performance section 3)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            alter table orders_order set (
                autovacuum_vacuum_scale_factor = 0.02,
                autovacuum_vacuum_insert_scale_factor = 0.02,
                autovacuum_analyze_scale_factor = 0.02
            )
            """,
            """
            alter table orders_order reset (
                autovacuum_vacuum_scale_factor,
                autovacuum_vacuum_insert_scale_factor,
                autovacuum_analyze_scale_factor
            )
            """,
        )
    ]

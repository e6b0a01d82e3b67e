"""What stands beside an order is written with it, so the database need not check each of these rows once more."""

import django.db.models.deletion
from django.db import migrations, models

import orders.models.orders


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_limiter")]

    operations = [
        migrations.AlterField(
            model_name="orderdetail",
            name="order",
            field=orders.models.orders.DetailField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="detail",
                serialize=False,
                to="orders.order",
            ),
        ),
        migrations.AlterField(
            model_name="orderwatch",
            name="order",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="watch",
                serialize=False,
                to="orders.order",
            ),
        ),
    ]

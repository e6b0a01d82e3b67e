from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_share_links")]

    operations = [
        migrations.AddField(
            model_name="sharelink",
            name="first_hash",
            field=models.CharField(max_length=64, null=True, unique=True),
        ),
    ]

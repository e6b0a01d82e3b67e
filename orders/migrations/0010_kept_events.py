"""Events are only ever added (T81): the database itself refuses to change one, or to delete one of a team that exists.

A team that is deleted may take its lines along, and only then: delete the team first. The ids and labels in them are
values, so nothing else ever has to change them. TRUNCATE is left alone: it is how tests empty their tables.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_link_first_hash")]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="through",
            field=models.CharField(blank=True, max_length=220),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["team_id", "kind", "-id"], name="event_of_kind"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["team_id", "actor_id", "-id"],
                condition=models.Q(actor_id__isnull=False),
                name="event_of_actor",
            ),
        ),
        migrations.RunSQL(
            """
            create function orders_event_is_kept() returns trigger language plpgsql as $$
            begin
                if tg_op = 'DELETE' and not exists (select from accounts_team where id = old.team_id) then
                    return old;
                end if;
                raise exception 'events are only ever added' using errcode = 'restrict_violation';
            end
            $$;
            create trigger orders_event_is_kept before update or delete on orders_event
                for each row execute function orders_event_is_kept();
            """,
            """
            drop trigger orders_event_is_kept on orders_event;
            drop function orders_event_is_kept();
            """,
        ),
    ]

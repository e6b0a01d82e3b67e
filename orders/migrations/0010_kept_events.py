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

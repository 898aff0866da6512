"""Tokens keep a history, and what decides on access is stamped by the database itself."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

# Table → the column that names its organization.
STAMPED = {
    "organizations_organization": "id",
    "organizations_unit": "organization_id",
    "organizations_person": "organization_id",
    "organizations_membership": "organization_id",
}
RENEW = """
    INSERT INTO organizations_accessstamp (organization_id, stamp) VALUES (NEW.{column}, {random})
    ON CONFLICT (organization_id) DO UPDATE SET stamp = excluded.stamp;
"""
POSTGRESQL = """
CREATE FUNCTION {table}_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {renew} RETURN NULL; END $$;
CREATE TRIGGER {table}_access AFTER INSERT OR UPDATE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_access();
"""
SQLITE = "CREATE TRIGGER {table}_access_{event} AFTER {event} ON {table} BEGIN {renew} END"


def create_triggers(apps, schema_editor):
    """Note: on SQLite a migration that alters one of these tables makes it anew, without them.

    Such a migration runs this again; a test looks whether the triggers are there.
    """
    for table, column in STAMPED.items():
        if schema_editor.connection.vendor == "postgresql":
            renew = RENEW.format(column=column, random="gen_random_uuid()")
            schema_editor.execute(POSTGRESQL.format(table=table, renew=renew))
            continue
        renew = RENEW.format(column=column, random="lower(hex(randomblob(16)))")
        for event in ("insert", "update"):
            schema_editor.execute(SQLITE.format(table=table, event=event, renew=renew))


def drop_triggers(apps, schema_editor):
    for table in STAMPED:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP FUNCTION {table}_access() CASCADE")
            continue
        for event in ("insert", "update"):
            schema_editor.execute(f"DROP TRIGGER {table}_access_{event}")


def stamp_organizations(apps, schema_editor):
    """Those that are there already get their first stamp."""
    schema_editor.execute("UPDATE organizations_organization SET version = version")


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0003_job_and_slot"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessStamp",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="access_stamp",
                        serialize=False,
                        to="organizations.organization",
                    ),
                ),
                ("stamp", models.CharField(max_length=36)),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalApiToken",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("scopes", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")],
                        max_length=1,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="organizations.unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical API token",
                "verbose_name_plural": "historical API tokens",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RunPython(create_triggers, drop_triggers),
        migrations.RunPython(stamp_organizations, migrations.RunPython.noop),
    ]

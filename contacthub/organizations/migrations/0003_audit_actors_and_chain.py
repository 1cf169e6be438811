"""Say in each line of the audit log who it was, and chain the lines of each organization by hashes.

Lines from before get the kind of actor that can still be told, and are chained in the order of their times.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NAME_ACTORS = """
UPDATE organizations_auditevent AS event SET
    actor_kind = CASE WHEN event.actor_id IS NOT NULL THEN 'person' WHEN event.actor_name LIKE 'Key “%' THEN 'key'
        WHEN event.actor_name = 'Command line' THEN 'command' ELSE 'system' END,
    actor_ref = CASE WHEN event.actor_id IS NOT NULL THEN event.actor_id::text
        WHEN event.actor_name = 'Command line' THEN 'command' ELSE left(event.actor_name, 64) END,
    actor_email = coalesce((SELECT email FROM organizations_user person WHERE person.id = event.actor_id), '')
"""

# What a line's hash covers. JSON frames the values, so that none can run into its neighbor; `audit_log --verify`
# makes the same text in Python.
CONTENT = """
CREATE FUNCTION organizations_audit_content(event organizations_auditevent) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
SELECT jsonb_build_array(
    event.id::text, event.organization_id, (extract(epoch FROM event.at) * 1000000)::bigint,
    event.actor_id, event.actor_kind, event.actor_ref, event.actor_email, event.actor_name,
    event.action, event.target, event.subject, event.detail, event.rows,
    event.has_personal_data, event.is_refused, event.changes::text, host(event.address), event.request_id
)::text
$$;
"""
# The lock on the chain's end is taken by a deferred trigger, when all that is left of the transaction is its commit:
# writers of one organization wait for each other only for that long, and not in an order of their own.
CHAIN = """
CREATE FUNCTION organizations_audit_link(event organizations_auditevent) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    chain organizations_auditchain;
BEGIN
    -- Deleted with its organization in the same transaction.
    IF NOT EXISTS (SELECT FROM organizations_auditevent WHERE id = event.id) THEN
        RETURN;
    END IF;
    INSERT INTO organizations_auditchain VALUES (event.organization_id, 0, '') ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT chain FROM organizations_auditchain
    WHERE organization_id = event.organization_id FOR UPDATE;
    chain.sequence := chain.sequence + 1;
    chain.hash := sha256(chain.hash || convert_to(chain.sequence || organizations_audit_content(event), 'UTF8'));
    INSERT INTO organizations_auditlink (event_id, organization_id, sequence, hash)
    VALUES (event.id, event.organization_id, chain.sequence, chain.hash);
    UPDATE organizations_auditchain SET sequence = chain.sequence, hash = chain.hash
    WHERE organization_id = event.organization_id;
END
$$;
REVOKE ALL ON FUNCTION organizations_audit_link(organizations_auditevent) FROM PUBLIC;
CREATE FUNCTION organizations_audit_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM organizations_audit_link(NEW);
    RETURN NULL;
END
$$;
"""
CHAIN_FORMER = """
DO $$
DECLARE
    event organizations_auditevent;
BEGIN
    FOR event IN SELECT * FROM organizations_auditevent ORDER BY organization_id, at, id LOOP
        PERFORM organizations_audit_link(event);
    END LOOP;
END
$$;
"""
TRIGGER = """
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON organizations_auditevent
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION organizations_audit_inserted();
"""
DROP = """
DROP TRIGGER audit_chain ON organizations_auditevent;
DROP FUNCTION organizations_audit_inserted();
DROP FUNCTION organizations_audit_link(organizations_auditevent);
DROP FUNCTION organizations_audit_content(organizations_auditevent);
"""
KINDS = [("person", "Person"), ("key", "API key"), ("command", "Command line"), ("system", "System")]


class Migration(migrations.Migration):
    """Add the columns, fill them, make the chain."""

    dependencies = [("organizations", "0002_email_spelling")]
    operations = [
        migrations.AlterField("auditevent", "actor", models.ForeignKey(
            db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, to=settings.AUTH_USER_MODEL)),
        migrations.AddField("auditevent", "actor_kind", models.CharField(
            choices=KINDS, db_default="system", default="system", max_length=7)),
        migrations.AddField("auditevent", "actor_ref", models.CharField(blank=True, db_default="", max_length=64)),
        migrations.AddField("auditevent", "actor_email", models.CharField(blank=True, db_default="", max_length=254)),
        migrations.RunSQL(NAME_ACTORS, migrations.RunSQL.noop),
        migrations.RemoveIndex("auditevent", "audit_by_actor"),
        migrations.AddIndex("auditevent", models.Index(
            fields=["organization", "actor_kind", "actor_ref", "-at"], name="audit_by_actor")),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("event", models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING,
                    primary_key=True, serialize=False, to="organizations.auditevent")),
                ("sequence", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
                ("organization", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+",
                    to="organizations.organization")),
            ],
            options={"constraints": [models.UniqueConstraint(
                fields=("organization", "sequence"), name="audit_link_place")]},
        ),
        migrations.CreateModel(
            name="AuditChain",
            fields=[
                ("organization", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True,
                    related_name="+", serialize=False, to="organizations.organization")),
                ("sequence", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="AuditRead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minute", models.DateTimeField()),
                ("actor_kind", models.CharField(choices=KINDS, max_length=7)),
                ("actor_ref", models.CharField(max_length=64)),
                ("actor_email", models.CharField(blank=True, max_length=254)),
                ("actor_name", models.CharField(max_length=200)),
                ("action", models.CharField(max_length=60)),
                ("detail", models.CharField(blank=True, max_length=500)),
                ("address", models.GenericIPAddressField(null=True)),
                ("has_personal_data", models.BooleanField(default=True)),
                ("requests", models.BigIntegerField()),
                ("rows", models.BigIntegerField()),
                ("actor", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                    to=settings.AUTH_USER_MODEL)),
                ("organization", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+",
                    to="organizations.organization")),
            ],
            options={"constraints": [models.UniqueConstraint(
                fields=("organization", "actor_kind", "actor_ref", "minute", "action", "detail", "address"),
                name="audit_read_once_a_minute", nulls_distinct=False)]},
        ),
        migrations.RunSQL(CONTENT + CHAIN + CHAIN_FORMER + TRIGGER, DROP),
    ]

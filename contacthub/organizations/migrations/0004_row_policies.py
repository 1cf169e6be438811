"""Row policies on every table that holds an organization's own rows, of all apps. See core/row_policies.py."""

from django.db import migrations

from contacthub.core.row_policies import protect, protect_many_parts, protect_part, protect_shared


class Migration(migrations.Migration):

    dependencies = [
        ("organizations", "0003_audit_actors_and_chain"),
        ("contact_jobs", "0001_initial"),
        ("credentials", "0006_generation"),
        ("enrichment", "0006_uploads"),
        ("exports", "0004_building"),
        ("feeds", "0003_remote"),
        ("jobs", "0007_texts_cut"),
        ("sourcing", "0002_answered"),
    ]

    operations = [
        protect("organizations_membership"),
        protect("organizations_invitation"),
        protect("organizations_auditevent"),
        protect("organizations_auditlink"),
        protect("organizations_auditchain"),
        protect("organizations_auditread"),
        protect("credentials_apikey"),
        protect("credentials_keptreply"),
        protect("credentials_connection"),
        protect_part("credentials_connectionhealth", column="connection_id", of="credentials_connection"),
        protect_part("credentials_providercall", column="connection_id", of="credentials_connection"),
        protect("jobs_job"),
        protect_part("jobs_fragment", column="job_id", of="jobs_job"),
        protect_part("jobs_result", column="job_id", of="jobs_job"),
        protect("jobs_webhooksecret"),
        protect("jobs_webhookdelivery"),
        protect_part("jobs_webhookattempt", column="delivery_id", of="jobs_webhookdelivery"),
        protect_shared("feeds_feed", column="owner_id"),
        protect_part("feeds_feedsync", column="connection_id", of="credentials_connection"),
        protect("feeds_feedgrant"),
        protect("feeds_search"),
        protect_part("feeds_quotaentry", column="grant_id", of="feeds_feedgrant"),
        protect("exports_export"),
        protect_part("exports_pageboundary", column="export_id", of="exports_export"),
        protect_part("exports_remoteexport", column="search_id", of="feeds_search"),
        protect_part("exports_remotepage", column="remote_id", of="exports_remoteexport"),
        protect("enrichment_enrichmentbatch"),
        protect_many_parts("enrichment_enrichmentrow", column="batch_id", of="enrichment_enrichmentbatch"),
        protect_many_parts("enrichment_enrichmentanswer", column="batch_id", of="enrichment_enrichmentbatch"),
        protect("enrichment_upload"),
        protect_part("enrichment_uploadpart", column="upload_id", of="enrichment_upload"),
        protect("enrichment_livesave"),
        protect_part("enrichment_livesaverow", column="save_of_id", of="enrichment_livesave"),
        protect("enrichment_waterfall"),
        protect("enrichment_waterfallstep"),
        protect("enrichment_asking"),
        protect_part("enrichment_vendoranswer", column="asking_id", of="enrichment_asking"),
        protect("enrichment_finding"),
        protect("pulls_pull"),
        protect_part("pulls_pullfragment", column="pull_id", of="pulls_pull"),
        protect_part("pulls_pullreject", column="pull_id", of="pulls_pull"),
        protect("contact_jobs_contactjob"),
        protect_many_parts("contact_jobs_frozenrow", column="contact_job_id", of="contact_jobs_contactjob"),
        protect("contact_jobs_transactionaccount"),
        protect_part(
            "contact_jobs_transactionentry",
            column="account_id",
            of="contact_jobs_transactionaccount",
            key="organization_id",
        ),
    ]

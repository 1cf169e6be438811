"""Keep each log-in and invitation under the one spelling of its address; of two that become one the first one stays."""

import sys

from django.db import migrations
from django.db.models.functions import Now

from contacthub.core.emails import plain_email
from contacthub.core.text import normalize

ROLES = ["owner", "admin", "member", "viewer"]


def mend(apps, schema_editor):
    """Mend names and addresses, and say which log-ins became one."""
    for model in ("User", "Organization"):
        for row in apps.get_model("organizations", model).objects.order_by("pk"):
            name = " ".join(normalize(row.name).split()) or row.name
            if name != row.name:
                row.name = name
                row.save(update_fields=["name"])
    _mend_users(apps)
    _mend_invitations(apps)


def _mend_users(apps):
    users = apps.get_model("organizations", "User").objects
    for user in users.order_by("pk"):
        user.refresh_from_db()
        address = plain_email(user.email)
        if address == user.email:
            continue
        other = users.filter(email=address).first()
        if other is None:
            users.filter(pk=user.pk).update(email=address)
            continue
        kept, gone = sorted((user, other), key=lambda each: each.pk)
        _move_memberships(apps, kept, gone)
        # Its history stays; nobody signs in with it.
        users.filter(pk=gone.pk).update(email=f"merged-{gone.pk}@merged.invalid", is_active=False)
        users.filter(pk=kept.pk).update(email=address)
        sys.stdout.write(f"\n  Log-in {gone.pk} is part of log-in {kept.pk} now: {address}")


def _move_memberships(apps, kept, gone):
    memberships = apps.get_model("organizations", "Membership").objects
    for membership in memberships.filter(user=gone):
        own = memberships.filter(user=kept, organization=membership.organization).first()
        if own is None:
            membership.user = kept
            membership.save(update_fields=["user"])
            continue
        # The greater role, or an organization might lose its last owner.
        own.role = min(own.role, membership.role, key=ROLES.index)
        own.save(update_fields=["role"])
        membership.delete()


def _mend_invitations(apps):
    invitations = apps.get_model("organizations", "Invitation").objects
    for invitation in invitations.order_by("pk"):
        address = plain_email(invitation.email)
        if address == invitation.email:
            continue
        if invitation.accepted_at is None and invitation.withdrawn_at is None:
            # As if the later one of both had been made today: it replaces the open one before.
            same = invitations.filter(
                organization=invitation.organization, email=address, accepted_at=None, withdrawn_at=None
            ).first()
            if same is not None:
                invitations.filter(pk=min(same.pk, invitation.pk)).update(withdrawn_at=Now())
        invitations.filter(pk=invitation.pk).update(email=address)


class Migration(migrations.Migration):
    """Data only."""

    dependencies = [("organizations", "0001_initial")]
    operations = [migrations.RunPython(mend, migrations.RunPython.noop)]

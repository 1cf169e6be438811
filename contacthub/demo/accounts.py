"""The organizations, their people and one API key each, made where they are missing."""

from collections.abc import Iterable

from django.db import transaction

from contacthub.core import clock
from contacthub.core.errors import KeyRefused, NotFound
from contacthub.credentials import actions as credentials
from contacthub.credentials import queries
from contacthub.credentials.keys import parse_key
from contacthub.credentials.models import ApiKey
from contacthub.demo.logins import LogIns
from contacthub.demo.people import TENANTS, Member, Tenant
from contacthub.organizations import actions
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User

ACTOR = Actor(name="Demo")
KEY_NAME = "Demo"
# Requests a minute: enough for anyone's load test on one machine.
KEY_RATE = 600_000


def make_accounts(log_ins: LogIns, tenants: Iterable[Tenant] = TENANTS) -> None:
    """Make what is missing, and let the passwords and keys of `log_ins` work."""
    for tenant in tenants:
        with transaction.atomic():
            organization = _make_organization(tenant)
            for member in tenant.members:
                _make_member(organization, member, log_ins.password_of(member))
            if not _is_valid(organization, log_ins.api_keys.get(tenant.slug, "")):
                log_ins.api_keys[tenant.slug] = _issue_key(organization)


def _make_organization(tenant: Tenant) -> Organization:
    known = Organization.objects.filter(slug=tenant.slug).first()
    return known or actions.create_organization(slug=tenant.slug, name=tenant.name, actor=ACTOR)


def _make_member(organization: Organization, member: Member, password: str) -> None:
    user = User.objects.filter(email=member.email).first()
    if user is None:
        actions.create_user(
            organization=organization,
            email=member.email,
            name=member.name,
            role=member.role,
            password=password,
            actor=ACTOR,
        )
    elif member.is_shown and not user.check_password(password):
        actions.set_password(user=user, password=password)


def _is_valid(organization: Organization, text: str) -> bool:
    try:
        sent = parse_key(text)
        key = queries.get_key(organization=organization, public_id=sent.public_id)
    except (KeyRefused, NotFound):
        return False
    return _is_usable(key) and bytes(key.key_hash) == sent.hash


def _is_usable(key: ApiKey) -> bool:
    return key.revoked_at is None and not key.is_expired(clock.now())


def _issue_key(organization: Organization) -> str:
    """Return the text of a new key. The one before it, whose text is lost, would only be a risk."""
    for key in queries.list_keys(organization=organization).filter(name=KEY_NAME):
        if _is_usable(key):
            credentials.revoke_key(organization=organization, actor=ACTOR, public_id=key.public_id)
    _, text = credentials.issue_key(
        organization=organization,
        actor=ACTOR,
        name=KEY_NAME,
        scopes=["all"],
        rate_per_minute=KEY_RATE,
    )
    return text

"""What the people of the demo did before anyone looked: searches and exports, so that no page is empty."""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from contacthub.core.errors import NotAllowed
from contacthub.exports.actions import create_export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.feeds.actions import run_search
from contacthub.feeds.models import FeedGrant, Search
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User


@dataclass(frozen=True)
class Deed:
    """A search of someone's and, with a format, the export of it."""

    organization: str
    email: str
    feed: str
    lookback_days: int
    format: str | None = None
    purpose: str = ""
    pii: bool = False
    business_info: bool = False
    require_contact_id: bool = False


DEEDS = (
    Deed("acme", "tom@acme.example", "Customer data platforms", 90),
    Deed("acme", "tom@acme.example", "Zero-trust network access", 14),
    Deed(
        "acme", "priya@acme.example", "Cloud cost optimization", 30, "csv_excel", "FinOps campaign, second wave",
        pii=True, require_contact_id=True,
    ),
    # Most of what this feed's agreement has: the next one meets its limit.
    Deed(
        "acme", "tom@acme.example", "Payroll modernization", 30, "xlsx", "Payroll switchers, call list",
        pii=True, business_info=True,
    ),
    Deed(
        "globex", "ruben@globex.example", "Customer data platforms", 14, "jsonl", "Reference customers", pii=True
    ),
)  # fmt: skip


def make_history(*, today: dt.date) -> None:
    """Search and export as each organization's people would, where the organization has never searched.

    The worker makes the files once it runs. What an agreement no longer allows is left out.
    """
    for organization in Organization.objects.filter(slug__in={deed.organization for deed in DEEDS}):
        if Search.objects.filter(organization=organization).exists():
            continue
        with transaction.atomic():
            for deed in DEEDS:
                if deed.organization == organization.slug:
                    with suppress(NotAllowed):
                        _do(organization, deed, today)


def _do(organization: Organization, deed: Deed, today: dt.date) -> None:
    actor = Actor.of(User.objects.get(email=deed.email))
    grants = FeedGrant.objects.filter(organization=organization, feed__name=deed.feed)
    search = run_search(
        organization=organization,
        actor=actor,
        grant=grants.earliest("feed_id"),
        lookback_days=deed.lookback_days,
        today=today,
    )
    if deed.format is None:
        return
    create_export(
        organization=organization,
        actor=actor,
        order=ExportOrder(
            search_id=search.pk,
            format=deed.format,
            purpose=deed.purpose,
            options=ExportOptions(
                get_pii=deed.pii,
                include_business_info=deed.business_info,
                require_contact_id=deed.require_contact_id,
            ),
        ),
    )

"""Contacts: find one by its id, see what is known of it section by section, reveal values."""

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from contacthub.contacts.merging.actions import MERGED_AWAY
from contacthub.contacts.merging.queries import find_current_keys, list_all_keys, list_merges
from contacthub.contacts.models import Contact
from contacthub.contacts.queries import get_contact
from contacthub.core import clock
from contacthub.core.errors import Invalid, NotFound
from contacthub.core.public_ids import format_contact_id, parse_contact_id
from contacthub.credentials.connections.queries import list_kept
from contacthub.enrichment.actions.look_ups import look_up
from contacthub.enrichment.actions.vendors import ask_vendors, count_most_lookups, describe_answer
from contacthub.enrichment.models import Asking, Section
from contacthub.enrichment.plans import NOTHING, names_of
from contacthub.enrichment.queries import waterfall
from contacthub.enrichment.queries.look_ups import (
    LookUp,
    Value,
    get_look_up,
)
from contacthub.exports.holding import has_older_exports, list_exports_with
from contacthub.feeds.queries import list_contact_intent
from contacthub.lists.queries import Reader, list_lists_with
from contacthub.organizations.queries import list_history
from contacthub.organizations.rights import Right
from contacthub.web.access import member, who_can_grant
from contacthub.web.calls import Call
from contacthub.web.contact_words import format_source
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.scalars import UNSTORABLE
from contacthub.web.views.catalog.contact_view import (
    TREND_DAYS,
    describe_business,
    describe_head,
    describe_intents,
    describe_section,
    name_disagreements,
    sum_up_intent,
)
from contacthub.web.views.catalog.duplicates_view import describe_banners
from contacthub.web.views.catalog.merging_view import describe_merges
from contacthub.web.views.catalog.quality_view import describe_quality
from contacthub.web.views.catalog.selection_actions import describe_listing

TOPICS_SHOWN = 6
EVENTS_SHOWN = 12
# So long the page of a contact says at its head that it was merged.
FRESH = dt.timedelta(days=1)
# What the address of a look-up holds: one that is recorded with what it found.
EVERYTHING = ",".join(Section.values)


def _address(contact_id: str, include: str) -> str:
    path = reverse("contact-detail", args=[contact_id])
    return f"{path}?include={include}" if include else path


# --- One contact ----------------------------------------------------------------------------------


@require_safe
@member()
def contact_detail(request: HubRequest, contact_id: str) -> HttpResponseBase:
    """Show a contact with all that the catalog knows of it, masked. A look-up, with `include`, is recorded as one."""
    key = parse_or_not_found(contact_id)
    asked = _read_include(request)
    canonical = format_contact_id(key)
    if contact_id != canonical:
        return redirect(_address(canonical, request.GET.get("include", "")))
    if today := find_current_keys(organization=request.organization, keys=[key]):
        # Not for good: a merge can be undone.
        messages.info(request, f"{canonical} leads to this contact.", extra_tags="info")
        return redirect(_address(format_contact_id(today[key]), request.GET.get("include", "")))
    return render_contact(request, key, asked=asked)


def render_contact(
    request: HubRequest,
    key: int,
    *,
    asked: Sequence[Section] = (),
    revealed: Mapping[Section, Sequence[Value]] = MappingProxyType({}),
) -> HttpResponse:
    """Render the page of a contact, masked but for values that were just revealed; the look is counted."""
    canonical = format_contact_id(key)
    is_blocked = not request.membership.has_right(Right.VALUES)
    try:
        found = _look_up(request, key, asked, is_blocked=is_blocked)
    except NotFound:
        return _render_unknown(request, canonical)
    note_look(request, "Contact", people=1)
    today = clock.today()
    intents = list_contact_intent(organization=request.organization, contact_key=key, today=today)
    sections = {
        section: describe_section(found, section, revealed.get(section, ())) for section in Section
    }
    business = describe_business(found)
    context = {
        "found": found,
        "contact": found.contact,
        "company": found.contact.company,
        "contact_id": canonical,
        "call": Call(
            "contactbased",
            f"/enrich/contacts/{canonical}",
            query={"include": EVERYTHING},
        ),
        "head": describe_head(found.contact),
        "emails": sections[Section.EMAILS],
        "phones": sections[Section.PHONES],
        "profile": sections[Section.PII],
        "business": business,
        "disagreement": name_disagreements(business, sections.values()),
        "hidden_count": sum(each.hidden_count for each in sections.values()),
        "source": format_source(found.contact),
        "quality": describe_quality(found, today),
        "duplicates": describe_banners(request, found.contact),
        "lists": list_lists_with(
            reader=Reader.of(request.membership), of_companies=False, item=found.contact.key
        ),
        "exports": list_exports_with(organization=request.organization, key=found.contact.key),
        "has_older_exports": has_older_exports(organization=request.organization),
        "is_blocked": is_blocked,
        **describe_vendors(request, key),
        **describe_listing(request, of_companies=False),
        "who": who_can_grant(request),
        "intents": describe_intents(intents[:TOPICS_SHOWN], today),
        "intent_summary": sum_up_intent(intents, shown=TOPICS_SHOWN),
        "trend_days": TREND_DAYS,
        **describe_activity(request, found.contact),
    }
    return render_page(
        request, "contacts/detail.html", "contacts/detail.html", context, is_personal=True
    )


def describe_activity(request: HubRequest, contact: Contact) -> dict[str, Any]:
    """Return what people of the organization did last with a contact and those merged into it, and its merges."""
    keys = list_all_keys(organization=request.organization, key=contact.key)
    history = list_history(
        organization=request.organization, subjects=map(format_contact_id, keys)
    ).exclude(action=MERGED_AWAY, subject__in=map(format_contact_id, keys[1:]))
    merges = list(list_merges(organization=request.organization, survivor=contact.pk))
    return {
        "history": list(history[:EVENTS_SHOWN]),
        "merges": describe_merges(
            merges,
            contact,
            may_undo=request.membership.has_right(Right.ENRICH),
            fresh_since=(clock.now() - FRESH).timestamp(),
        ),
    }


def parse_or_not_found(contact_id: str) -> int:
    """Return the key of the id in an address. Raises `NotFound` for anything that is not a contact id."""
    try:
        return parse_contact_id(contact_id)
    except Invalid as error:
        raise NotFound("This address has no contact id.") from error


def _read_include(request: HubRequest) -> list[Section]:
    """Return the sections that the address asks for, in their own order. Raises `Invalid` for an unknown one."""
    names = {name.strip() for name in request.GET.get("include", "").split(",")} - {""}
    if unknown := sorted(names - set(Section.values)):
        name = UNSTORABLE.sub("\ufffd", unknown[0])[:20]
        raise Invalid(f"There is no section {name}; there are pii, emails and phones.")
    return [section for section in Section if section in names]


def _look_up(
    request: HubRequest, key: int, asked: Sequence[Section], *, is_blocked: bool
) -> LookUp:
    if is_blocked:
        return get_look_up(organization=request.organization, key=key, is_blocked=True)
    return look_up(
        organization=request.organization, actor=actor_of(request), key=key, sections=asked
    )


def describe_vendors(request: HubRequest, key: int) -> dict[str, Any]:
    """Return what vendors answered about a contact, and what asking for what is missing may cost."""
    if not request.membership.has_right(Right.ENRICH):
        return {}
    plan = waterfall.get_plan(organization=request.organization)
    known = waterfall.get_known(organization=request.organization, keys=[key])
    rules = waterfall.get_waterfall(organization=request.organization)
    lacking = [
        section
        for section in Section
        if not known.get(key, NOTHING).satisfies(section, rules.rule_of(section))
    ]
    missing = [section for section in lacking if section in plan.sections]
    answers = waterfall.list_vendor_answers(organization=request.organization, key=key)
    involved = {each.asking.connection_key for each in answers}
    return {
        "broken": waterfall.list_broken_steps(organization=request.organization, sections=lacking),
        "connections": list_kept(
            organization=request.organization, ids={*involved, *plan.only(missing).connections}
        ),
        "vendor_answers": [(each, describe_answer(each)) for each in answers],
        "most_lookups": count_most_lookups(
            organization=request.organization, plan=plan.only(missing), key=key
        ),
        "missing": names_of(missing),
    }


def _render_unknown(request: HubRequest, contact_id: str) -> HttpResponse:
    context = {
        "contact_id": contact_id,
        **describe_vendors(request, parse_contact_id(contact_id)),
    }
    response = render(request, "contacts/no_record.html", context, status=404)
    response["Cache-Control"] = "no-store"
    return response


# --- Vendors --------------------------------------------------------------------------------------


@require_POST
@member(Right.ENRICH)
def contact_vendors(request: HubRequest, contact_id: str) -> HttpResponse:
    """Ask the waterfall for what the catalog lacks of a contact. May spend what the button said.

    Raises `NotFound` for an unknown contact if the waterfall has no vendor: a vendor may know it.
    """
    key = parse_or_not_found(contact_id)
    try:
        answers = ask_vendors(
            organization=request.organization,
            actor=actor_of(request),
            key=key,
            sections=list(Section),
        )
    except Invalid as error:
        get_contact(organization=request.organization, key=key)
        messages.error(request, str(error), extra_tags="bad")
        return redirect(_address(contact_id, EVERYTHING))
    if not answers:
        messages.success(
            request, "Everything is already known. Nothing was spent.", extra_tags="ok"
        )
    for answer in answers:
        words = f"{answer.asking.connection_name}: {describe_answer(answer)}."
        is_good = answer.asking.state != Asking.State.FAILED
        (messages.success if is_good else messages.error)(
            request, words, extra_tags="ok" if is_good else "bad"
        )
    return redirect(_address(contact_id, EVERYTHING))

"""Writes about the waterfall: its rules, and one contact looked up through it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from contacthub.connectors.registry import find_connector
from contacthub.core.errors import Invalid
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment import vendor_calls, vendor_replies
from contacthub.enrichment.models import (
    Asking,
    Outcome,
    Section,
    StopRule,
    VendorAnswer,
    Waterfall,
    WaterfallStep,
)
from contacthub.enrichment.models.waterfall import MOST_LOOKUPS
from contacthub.enrichment.plans import (
    Plan,
    Question,
    list_questions,
    list_unasked,
    names_of,
)
from contacthub.enrichment.queries import waterfall as reads
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization


def save_waterfall(
    *,
    organization: Organization,
    actor: Actor,
    steps: Mapping[Section, Sequence[UUID]],
    rules: Mapping[Section, StopRule],
    lookup_limit: int,
) -> None:
    """Replace an organization's waterfall: the connections of each section in their order, rules, and the limit.

    Raises `Invalid` for a connection that is not the organization's or cannot enrich, one that stands twice in a
    section, and a limit below 1 or above 1,000,000 lookups.
    """
    if not 1 <= lookup_limit <= MOST_LOOKUPS:
        raise Invalid(f"Enter 1 to {MOST_LOOKUPS:,} lookups.", field="lookup_limit")
    able = {each.pk: each for each in reads.list_enrichers(organization=organization)}
    for section, chosen in steps.items():
        if len(set(chosen)) != len(chosen):
            raise Invalid("A section can have a connection only once.", field=section.value)
        if not set(chosen) <= set(able):
            raise Invalid("Choose connections of your organization.", field=section.value)
        for each in map(able.__getitem__, chosen):
            if not reads.can_hold(each, section):
                label = section.label.lower()
                raise Invalid(f"{each.name} has no {label}.", field=section.value)
    with transaction.atomic():
        # Locked, so that two admins at once leave one of their two orders.
        Organization.objects.select_for_update().get(pk=organization.pk)
        before = _describe(organization)
        Waterfall.objects.update_or_create(
            organization=organization,
            defaults={
                "lookup_limit": lookup_limit,
                **{f"{section.value}_rule": rule for section, rule in rules.items()},
            },
        )
        WaterfallStep.objects.filter(organization=organization).delete()
        WaterfallStep.objects.bulk_create(
            WaterfallStep(
                organization=organization, section=section, position=position, connection_id=step
            )
            for section, chosen in steps.items()
            for position, step in enumerate(chosen, start=1)
        )
        after = _describe(organization)
        record_event(
            organization=organization,
            actor=actor,
            action="Changed waterfall",
            target="Waterfall",
            changes={
                name: [before[name], after[name]] for name in after if before[name] != after[name]
            },
        )


def _describe(organization: Organization) -> dict[str, str]:
    """Return a waterfall in words, for the audit log."""
    rules = reads.get_waterfall(organization=organization)
    steps = reads.list_steps(organization=organization)
    words = {}
    for section in Section:
        rule = rules.rule_of(section)
        order = " → ".join(["own catalog", *(each.name for each in steps[section])])
        words[section.label] = f"{order}, {rule.label.lower()}"
    return words | {"Limit": f"{rules.lookup_limit:,} lookups"}


def ask_vendors(
    *, organization: Organization, actor: Actor, key: int, sections: Sequence[Section]
) -> list[VendorAnswer]:
    """Ask the waterfall for what the catalog lacks of one contact. Returns what each vendor answered, in order.

    May spend a lookup for each place of a vendor, never more than the limit of a run. Call outside a transaction.
    Raises `Invalid` if there is no vendor to query.
    """
    plan = reads.get_plan(organization=organization, sections=sections)
    if not plan.connections:
        raise Invalid("The waterfall has no vendor for these sections.")
    answers: list[VendorAnswer] = []
    with vendor_calls.Vendors(organization, plan, is_interactive=True) as vendors:
        spent = 0
        while question := _next_question(organization, plan, key, answers, vendors):
            if spent >= plan.limit:
                break
            with transaction.atomic():
                asked = vendor_calls.make_asking(
                    organization=organization, batch=None, vendors=vendors, question=question
                )
            reply = vendors.call(question)
            with transaction.atomic():
                answers += vendor_replies.save_reply(
                    organization=organization,
                    batch=None,
                    asking=asked,
                    question=question,
                    reply=reply,
                    rules={section: each.rule for section, each in plan.sections.items()},
                )
            spent += asked.lookup_count
        answers += _note_unasked(organization, plan, key, answers, vendors)
    _record(organization, actor, key, sections, answers)
    return answers


def _next_question(
    organization: Organization,
    plan: Plan,
    key: int,
    answers: Sequence[VendorAnswer],
    vendors: vendor_calls.Vendors,
) -> Question | None:
    vendors.learn([key])
    questions = list_questions(
        plan,
        [key],
        known=reads.get_known(organization=organization, keys=[key]),
        asked=reads.collect_asked(answers),
        most=lambda connection: 1,
        can_ask=vendors.can_ask,
    )
    return next(questions, None)


def _note_unasked(
    organization: Organization,
    plan: Plan,
    key: int,
    answers: Sequence[VendorAnswer],
    vendors: vendor_calls.Vendors,
) -> list[VendorAnswer]:
    unasked = list_unasked(
        plan,
        [key],
        known=reads.get_known(organization=organization, keys=[key]),
        asked=reads.collect_asked(answers),
        can_ask=vendors.can_ask,
    )
    noted: list[VendorAnswer] = []
    with transaction.atomic():
        for question in unasked:
            noted += vendor_calls.note_unasked(
                organization=organization, batch=None, vendors=vendors, question=question
            )
    return noted


def count_most_lookups(*, organization: Organization, plan: Plan, key: int) -> int:
    """Return the most lookups that one contact may spend; 0 if no vendor can look it up."""
    with vendor_calls.Vendors(organization, plan, is_interactive=True) as vendors:
        vendors.learn([key])
        # The first vendor may find what the others need to look it up.
        is_askable = any(vendors.can_ask(connection, key) for connection in plan.connections)
    return plan.most_altogether(1) if is_askable else 0


def _record(
    organization: Organization,
    actor: Actor,
    key: int,
    sections: Sequence[Section],
    answers: Sequence[VendorAnswer],
) -> None:
    contact_id = format_contact_id(key)
    said = "; ".join(f"{each.asking.connection_name}: {describe_answer(each)}" for each in answers)
    record_event(
        organization=organization,
        actor=actor,
        action="Asked vendors",
        target=contact_id,
        subject=contact_id,
        detail=(said or f"{names_of(sections)} already known")[:500],
        has_personal_data=True,
    )


def describe_answer(answer: VendorAnswer) -> str:
    """Return what one vendor said of one contact: e-mails found, phones no record; or why it was not asked."""
    if answer.asking.state == Asking.State.SKIPPED:
        asks_by = find_connector(answer.asking.vendor).asks_by
        return f"not asked: it needs {asks_by or 'a contact id'}"
    parts = [
        f"{section.label.lower()} {Outcome(getattr(answer, section.value)).label}"
        for section in Section
        if getattr(answer, section.value) != Outcome.NOT_ASKED
    ]
    return ", ".join(parts)

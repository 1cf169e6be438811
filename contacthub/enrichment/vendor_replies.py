"""What comes of a call to a vendor: values into the catalog, outcomes, where each value came from, what it cost."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction

from contacthub.connectors.records import Email, Enriched, Enrichment, Person, Phone
from contacthub.contacts.actions import add_observed
from contacthub.contacts.models import Load
from contacthub.contacts.observed import Observed
from contacthub.contacts.origins import Origin
from contacthub.core.emails import clean_email
from contacthub.core.failpoints import failpoint
from contacthub.core.phones import clean_phone
from contacthub.enrichment.models import (
    Asking,
    EnrichmentBatch,
    Outcome,
    Section,
    StopRule,
    VendorAnswer,
)
from contacthub.enrichment.plans import Question
from contacthub.enrichment.sql.findings import Given, save_findings
from contacthub.enrichment.vendor_calls import Reply, make_unusable
from contacthub.organizations.models import Organization

logger = structlog.get_logger(__name__)


def save_reply(
    *,
    organization: Organization,
    batch: EnrichmentBatch | None,
    asking: Asking,
    question: Question,
    reply: Reply,
    rules: Mapping[Section, StopRule],
    strangers: Mapping[int, Person] | None = None,
) -> list[VendorAnswer]:
    """Save what came of a call, in the caller's transaction: values, where they came from, outcomes, cost.

    Of `strangers`, who are in no catalog yet, what the list says of them goes there as well.
    """
    refused: dict[int, str] = {}
    asking.request_id = ((reply.answer and reply.answer.request_id) or "")[:100]
    if reply.answer is not None:
        try:
            with transaction.atomic():
                refused = _save_values(
                    organization, asking, question, reply.answer, rules, strangers or {}
                )
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # The lookups are paid: they are noted as failed, so that they are not repeated by mistake.
            logger.exception("vendor_values_not_saved", asking=asking.pk)
            reply = Reply(error=make_unusable(), ms=reply.ms)
    answers = [
        VendorAnswer(asking=asking, batch=batch, contact_key=key, **outcomes)
        for key, outcomes in _judge(question, reply, refused)
    ]
    VendorAnswer.objects.bulk_create(answers, batch_size=1000)
    found = sum(Outcome.FOUND in (answer.pii, answer.emails, answer.phones) for answer in answers)
    asking.found_count = found
    asking.state = Asking.State.ANSWERED if reply.answer else Asking.State.FAILED
    asking.ms = reply.ms
    asking.error = reply.error.code[:40] if reply.error else ""
    asking.lookup_count = 0 if reply.is_free else asking.asked_count
    asking.save()
    failpoint("vendor_answers_saved")
    return answers


def _judge(
    question: Question, reply: Reply, refused: Mapping[int, str]
) -> Iterable[tuple[int, dict[str, Outcome]]]:
    unasked = {section.value: Outcome.NOT_ASKED for section in Section}
    if reply.answer is None:
        alike = unasked | {section.value: reply.outcome for section in question.sections}
        return [(key, alike) for key in question.keys]
    judged = []
    for key, result in zip(question.keys, reply.answer.results, strict=True):
        outcomes = dict(unasked)
        for section in question.sections:
            value = getattr(result, section.value)
            outcomes[section.value] = (
                Outcome.FAILED if key in refused and value else outcome_of(value)
            )
        judged.append((key, outcomes))
    return judged


def outcome_of(value: object) -> Outcome:
    """Return what a vendor's section says: a value, a record without any, or no record."""
    if value is None:
        return Outcome.NO_RECORD
    return Outcome.FOUND if value else Outcome.EMPTY


def _save_values(
    organization: Organization,
    asking: Asking,
    question: Question,
    answer: Enrichment,
    rules: Mapping[Section, StopRule],
    strangers: Mapping[int, Person],
) -> dict[int, str]:
    """Add the values to the organization's own contacts, with their findings. Returns what could not be used."""
    observed: list[Observed] = []
    given: list[Given] = []
    for key, result in zip(question.keys, answer.results, strict=True):
        each = _observe(key, result, strangers.get(key), source=asking.connection_name)
        observed.append(each)
        given += _list_given(each, rules)
    refused = add_observed(
        organization=organization,
        observed=observed,
        is_valid_first=rules.get(Section.EMAILS) == StopRule.VALID,
        origin=Origin(
            Load.Kind.ENRICHMENT,
            asking.connection_name,
            asking.connection_key,
            asking.vendor,
            asking.request_id,
        ),
    )
    if refused:
        logger.warning("vendor_values_refused", contacts=len(refused))
    save_findings(asking=asking, given=given, fetched_at=answer.fetched_at)
    return refused


def _observe(key: int, result: Enriched, stranger: Person | None, *, source: str) -> Observed:
    return Observed(
        key,
        known_as=_name_stranger(stranger) if stranger and result.found else {},
        pii=None if result.pii is None else dict(result.pii),
        emails=_serialize(result.emails, "email", clean_email, source),
        phones=_serialize(result.phones, "phone", clean_phone, source),
    )


def _name_stranger(person: Person) -> dict[str, Any]:
    """Return what the list says of a person, in the words of an import."""
    said: dict[str, Any] = {"full_name": person.full_name, "linkedin_url": person.linkedin_url}
    if person.company_domain:
        said["company"] = {"domain": person.company_domain}
    return {name: value for name, value in said.items() if value}


def _serialize(
    given: Sequence[Email | Phone] | None, name: str, clean: Callable[[str], str], source: str
) -> list[dict[str, Any]] | None:
    """Return a vendor's addresses or numbers as the catalog writes them, without invalid ones."""
    if given is None:
        return None
    found: dict[str, dict[str, Any]] = {}
    for each in given:
        try:
            value = clean(getattr(each, name))
        except ValueError:
            continue
        facts = {fact: getattr(each, fact) for fact in each.__dataclass_fields__ if fact != name}
        said = {fact: v for fact, v in facts.items() if v is not None}
        found.setdefault(value, {name: value, **said, "source": source})
    return list(found.values())


def _list_given(observed: Observed, rules: Mapping[Section, StopRule]) -> list[Given]:
    def make(
        section: Section, value: str, name: str = "", status: str = "", confidence: Any = None
    ) -> Given:
        rule = rules.get(section, StopRule.FIRST)
        return Given(observed.key, section.value, name, value, status, confidence, rule.value)

    fields = [
        make(Section.PII, value, name) for name, value in (observed.pii or {}).items() if value
    ]
    emails = [
        make(Section.EMAILS, each["email"], "", each.get("status", ""), each.get("confidence"))
        for each in observed.emails or ()
    ]
    phones = [
        make(Section.PHONES, each["phone"], confidence=each.get("confidence"))
        for each in observed.phones or ()
    ]
    return [*fields, *emails, *phones]

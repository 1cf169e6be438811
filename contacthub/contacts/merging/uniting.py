"""Store in one contact what two contacts say: no value, address, source or choice of either is lost."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from contacthub.contacts.merging.rule import MODELS, Decision, Known, Side, decide, text_of
from contacthub.contacts.merging.sources import unite_sources
from contacthub.contacts.models import Contact, ContactEmail, ContactPhone, Settlement
from contacthub.contacts.stored_values import copy_firsts, put_value
from contacthub.contacts.value_fields import BY_NAME, FIELDS, LISTS
from contacthub.core import clock
from contacthub.organizations.audit import Actor

Item = TypeVar("Item")
# Columns of which none is filled from the other contact: its identity, and what is decided or made separately.
_SEPARATE = frozenset(
    {"id", "organization", "key", "number", "source_number", "created_at", "updated_at", "imported_at", "facts"}
    | {"pii", "crm", "email", "email_status", "email_checked_on", "phone", "is_stale", "is_speculative"}
    | {field.column.removesuffix("_id") for field in FIELDS if field.column}
)  # fmt: skip
_SETS = ("titles", "job_levels", "job_functions")


def unite(
    survivor: Contact, merged: Contact, *, picks: Mapping[str, Side], actor: Actor
) -> list[Decision]:
    """Give a contact what another one says, by the rule or as somebody picked, and save it; the other one stays.

    Facts and documents are made again by the caller, in whose transaction this is. Returns what was decided.
    """
    known, other = Known.of(survivor), Known.of(merged)
    decisions = decide(known, other, picks)
    fields = [each for each in decisions if each.name in BY_NAME]
    unite_sources(known, other, fields)
    _fill(survivor, merged)
    for each in fields:
        field = BY_NAME[each.name]
        if each.side == Side.MERGED:
            put_value(survivor, field, each.merged_value)
    for each in decisions:
        _settle(survivor, each, actor)
        if each.name in LISTS:
            _unite_list(known, other, each)
    copy_firsts(survivor)
    survivor.imported_at = clock.now()
    survivor.save()
    return decisions


def _fill(survivor: Contact, merged: Contact) -> None:
    """Give a contact what it has no value of, and what only both together say."""
    for column in survivor._meta.concrete_fields:
        if column.name not in _SEPARATE and not getattr(survivor, column.attname):
            setattr(survivor, column.attname, getattr(merged, column.attname))
    if merged.pii is not None:
        survivor.pii = merged.pii | (survivor.pii or {})
    survivor.crm = merged.crm | survivor.crm
    for name in _SETS:
        both = (*getattr(survivor, name), *getattr(merged, name))
        setattr(survivor, name, list(dict.fromkeys(both)))
    # One source that knows something fresh is enough.
    survivor.is_stale = survivor.is_stale and merged.is_stale
    survivor.is_speculative = survivor.is_speculative and merged.is_speculative
    survivor.created_at = min(survivor.created_at, merged.created_at)
    survivor.updated_at = max(survivor.updated_at, merged.updated_at)


def _settle(survivor: Contact, decision: Decision, actor: Actor) -> None:
    """Keep what people settled, and settle what somebody picked against the rule; shared contacts have no choices."""
    if not decision.is_settled or survivor.organization_id is None:
        return
    was = decision.settlement
    Settlement.objects.update_or_create(
        contact=survivor,
        field=decision.name,
        defaults={
            "organization_id": survivor.organization_id,
            "value": decision.value,
            "rule_value": decision.rule_value,
            "made_own": False,
            "settled_by": was.settled_by if was else actor.user,
            "settled_by_name": was.settled_by_name if was else actor.name[:200],
            "settled_at": was.settled_at if was else clock.now(),
        },
    )


# --- Addresses and numbers ------------------------------------------------------------------------


def _unite_list(known: Known, other: Known, decision: Decision) -> None:
    """Store each address once: the used one first, then the others in the order of the rule."""
    rows = {text_of(row): row for row in known.lists[decision.name]}
    for row in other.lists[decision.name]:
        same = rows.get(text_of(row))
        rows[text_of(row)] = _join(same, row) if same else _copy(known.contact, row)
    order = dict.fromkeys((decision.value, *decision.rule_value, *rows))
    for position, text in enumerate((text for text in order if text in rows), start=1):
        rows[text].position = position
        rows[text].save()


def _copy(contact: Contact, row: ContactEmail | ContactPhone) -> ContactEmail | ContactPhone:
    names = [column.attname for column in row._meta.concrete_fields if not column.primary_key]
    copy = MODELS["email" if isinstance(row, ContactEmail) else "phone"](
        **{name: getattr(row, name) for name in names}
    )
    copy.contact = contact
    return copy


def _join(
    row: ContactEmail | ContactPhone, other: ContactEmail | ContactPhone
) -> ContactEmail | ContactPhone:
    """Give an address what the other contact knows of it: the later check, the whole time in which it was seen."""
    if isinstance(row, ContactEmail) and isinstance(other, ContactEmail):
        _take_later_check(row, other)
    if isinstance(row, ContactPhone) and isinstance(other, ContactPhone):
        # Who may not be called by one register may not be called.
        row.is_do_not_call = _pick(max, row.is_do_not_call, other.is_do_not_call)
    row.first_seen = _pick(min, row.first_seen, other.first_seen)
    row.last_seen = _pick(max, row.last_seen, other.last_seen)
    row.observations = _pick(max, row.observations, other.observations)
    for name in ("type", "confidence", "source"):
        if getattr(row, name) is None:
            setattr(row, name, getattr(other, name))
    return row


def _take_later_check(row: ContactEmail, other: ContactEmail) -> None:
    is_later = other.checked_on is not None and (
        row.checked_on is None or other.checked_on > row.checked_on
    )
    if other.status is not None and (row.status is None or is_later):
        row.status, row.checked_on = other.status, other.checked_on


def _pick(choose: Callable[[Sequence[Any]], Any], *values: Item | None) -> Item | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None

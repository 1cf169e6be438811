"""How connections are shown: a state as a shape and words, what is left, what went wrong."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from contacthub.connectors.base import Capability, Connector
from contacthub.credentials.connections.models import Connection, ConnectionHealth, VendorCall
from contacthub.web.templatetags.states import State

Breaker, Condition = ConnectionHealth.Breaker, ConnectionHealth.Condition

# What a vendor offers, as people name it.
OFFERS = {
    Capability.FEEDS: "Intent feeds",
    Capability.EXPORT: "exports",
    Capability.CONTACT_SEARCH: "contact search",
    Capability.COMPANY_SEARCH: "company search",
    Capability.ENRICHMENT: "enrichment",
    Capability.PERSON_LOOKUP: "enrichment",
    Capability.BULK_JOBS: "contacts in bulk",
}
# A condition as it is shown.
CONDITIONS = {
    Condition.UNTESTED: State("none", "Not tested yet"),
    Condition.WORKS: State("ok", "Working"),
    Condition.WRONG_KEY: State("bad", "Key refused"),
    Condition.THROTTLED: State("warn", "Throttled"),
    Condition.UNREACHABLE: State("bad", "Unreachable"),
    Condition.DOWN: State("bad", "Vendor is down"),
    Condition.BROKEN: State("odd", "Unexpected answers"),
}
# What a person can do about it, where it is worth a banner.
ADVICE = {
    Condition.WRONG_KEY: "refuses the key. Nothing works with it until the key is replaced.",
    Condition.UNREACHABLE: "cannot be reached. Calls are repeated automatically.",
    Condition.DOWN: "answers that it is down. Calls are repeated automatically.",
    Condition.BROKEN: "answers differently from its documents. Tell the vendor.",
}
ERRORS = {
    "wrong_key": "Key refused",
    "not_entitled": "Not allowed",
    "not_found": "Not found",
    "refused": "Refused",
    "quota_short": "Quota too small",
    "throttled": "Throttled",
    "unreachable": "No answer",
    "provider_down": "Vendor is down",
    "contract_broken": "Broken answer at",
    "interrupted": "Broken off",
    "not_ready": "Not ready yet",
}
BREAKERS = {
    Breaker.CLOSED: State("ok", "Calls allowed"),
    Breaker.OPEN: State("bad", "Open", "The vendor failed too often; no calls are made for now."),
    Breaker.HALF_OPEN: State("run", "Half-open", "One call finds out whether the vendor is back."),
}


@dataclass(frozen=True)
class Vendor:
    """A vendor with what it offers, in words."""

    name: str
    label: str
    offers: str
    has_bulk: bool


def vendor_of(connector: type[Connector]) -> Vendor:
    """Return a vendor with what it offers, in words."""
    offers = [words for capability, words in OFFERS.items() if connector.can(capability)]
    words = ", ".join(offers)
    return Vendor(
        name=connector.vendor,
        label=connector.label,
        offers=words[:1].upper() + words[1:],
        has_bulk=connector.can(Capability.BULK_JOBS),
    )


def advice_of(connection: Connection) -> str:
    """Return what a person can do about a connection, behind its name; nothing if nothing is wrong."""
    health = connection.health
    if connection.is_paused:
        return ""
    words = [ADVICE.get(Condition(health.condition), "")]
    if health.test_error:
        words = [words[0] or f"failed its last test. {health.test_error}"]
    if connection.is_broken:
        words.append("Members are not offered it until a test works.")
    return " ".join(filter(None, words))


def secret_of(connection: Connection, connector: type[Connector]) -> str:
    """Return the mask of the credential that matters: the last of the vendor's terms."""
    term = connector.terms[-1]
    hint = connection.hints.get(term.name, "…")
    return f"{term.label}, ends {hint[1:]}" if len(hint) > 1 else term.label


def state_of(connection: Connection, now: dt.datetime) -> State:
    """Return a connection's state as it is shown; in the note, what to add in gray."""
    health = connection.health
    condition = CONDITIONS[Condition(health.condition)]
    if connection.is_paused:
        return State("blocked", "Paused", "no calls are made")
    if health.breaker == Breaker.OPEN:
        wait = _seconds_to(health.open_until, now)
        note = f"breaker open for {wait} s" if wait else "breaker open"
        return State("bad", condition.words, note)
    if health.breaker == Breaker.HALF_OPEN:
        return State("run", "Being tried", "one call finds out")
    if health.test_error and health.condition in (Condition.UNTESTED, Condition.WORKS):
        return State("bad", "Test failed")
    wait = _seconds_to(health.held_until, now)
    return State("warn", "Throttled", f"asks to wait {wait} s") if wait else condition


def _seconds_to(moment: dt.datetime | None, now: dt.datetime) -> int:
    return max(round((moment - now).total_seconds()), 0) if moment else 0


def left_of(health: ConnectionHealth) -> str:
    """Return what is left at the vendor, as it reports it."""
    capped = [quota["left"] for quota in health.quotas if quota["left"] is not None]
    if capped:
        return f"{sum(capped):,} rows"
    if health.quotas:
        return "Uncapped"
    return rate_of(health) or "–"


def quota_words(quota: dict[str, Any]) -> str:
    """Return what is left of a quota, in words."""
    if quota["left"] is None:
        return f"{quota['used']:,} used, uncapped"
    if quota["limit"] is None:
        return f"{quota['left']:,} left"
    return f"{quota['left']:,} of {quota['limit']:,} left"


def rate_of(health: ConnectionHealth) -> str:
    """Return the rate that the vendor reports, in words; empty if it reports none."""
    if health.rate_limit is None:
        return ""
    seconds = health.rate_seconds
    span = {60: "a minute", 3600: "an hour", 86400: "a day", 1: "a second"}.get(seconds or 0, "")
    return f"{health.rate_limit:,} calls {span or (f'in {seconds} s' if seconds else '')}".strip()


def error_words(call: VendorCall) -> str:
    """Return what went wrong with a call, in words; of a broken contract, where."""
    code, _, path = call.error.partition(" ")
    return f"{ERRORS.get(code, code)} {path}".strip()

"""How connections are shown: a row of the list, an alarm above it, the page of one, a call made with it."""

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import Truncator

from contacthub.connectors.registry import find_connector
from contacthub.core import clock
from contacthub.credentials.connections.models import Connection, ConnectionHealth, VendorCall
from contacthub.credentials.connections.sql import Usage
from contacthub.web.job_words import Tab
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.states import State
from contacthub.web.templatetags.times import day
from contacthub.web.views.settings.connection_words import (
    ADVICE,
    BREAKERS,
    Breaker,
    Condition,
    Vendor,
    advice_of,
    error_words,
    left_of,
    quota_words,
    rate_of,
    secret_of,
    state_of,
    vendor_of,
)

# Quotas that the page of a connection shows.
MOST_QUOTAS = 6
# Characters of an error in the list of calls.
LONGEST_ERROR = 60


@dataclass(frozen=True)
class ConnectionRow:
    """A connection as the list shows it."""

    connection: Connection
    offers: str
    secret: str
    secret_note: str
    state: State
    # Said where the state has no note.
    last_call_at: dt.datetime | None
    usage: Usage
    usage_note: str
    left: str

    @property
    def spark_label(self) -> str:
        """Return what the bars show, for screen readers."""
        return f"Calls an hour, {self.connection.name}"


@dataclass(frozen=True)
class Alarm:
    """What is wrong with a connection, above the list; at most one of the addresses says where to fix it."""

    name: str
    advice: str
    began_at: dt.datetime | None
    rotate_url: str = ""
    edit_url: str = ""


@dataclass(frozen=True)
class Pausing:
    """The button that stops calls, or lets them through again."""

    label: str
    url: str


@dataclass(frozen=True)
class ConnectionPage:
    """A connection as its own page shows it."""

    offers: str
    can_pull: bool
    pausing: Pausing
    advice: str
    state: State
    breaker: State
    usage: Usage
    usage_words: str
    last_ok_note: str
    # The words before the time of the last test; none without a test.
    test_words: str
    tested_at: dt.datetime | None
    access: str
    rate: str
    quotas: list[tuple[str, str]]
    more_quotas: int
    terms: list[tuple[str, str]]


@dataclass(frozen=True)
class CallRow:
    """A call as the list of them shows it."""

    call: VendorCall
    shape: str
    words: str


def make_connection_row(connection: Connection, usage: Usage) -> ConnectionRow:
    """Return a connection as the list shows it."""
    connector = find_connector(connection.vendor)
    state = state_of(connection, clock.now())
    since = connection.rotated_at or connection.created_at
    return ConnectionRow(
        connection=connection,
        offers=_describe_offers(connection, vendor_of(connector)),
        secret=secret_of(connection, connector),
        secret_note=f"{connection.created_by_name}, {day(since)}",
        state=state,
        last_call_at=None if state.note else connection.health.last_call_at,
        usage=usage,
        usage_note=_describe_calls(usage),
        left=left_of(connection.health),
    )


def _describe_offers(connection: Connection, vendor: Vendor) -> str:
    """Return what the vendor offers, after its name where the connection's own does not say it."""
    return vendor.offers if connection.name == vendor.label else f"{vendor.label}: {vendor.offers}"


def _describe_calls(usage: Usage) -> str:
    if not usage.calls:
        return ""
    return f"{usage.failed:,} failed" if usage.failed else f"median {usage.median_ms:,} ms"


def list_alarms(connections: list[Connection]) -> list[Alarm]:
    """Return what people should know of connections that do not work."""
    return [
        _make_alarm(connection, advice)
        for connection in connections
        if (advice := advice_of(connection))
    ]


def _make_alarm(connection: Connection, advice: str) -> Alarm:
    health = connection.health
    is_refused = health.condition == Condition.WRONG_KEY
    return Alarm(
        name=connection.name,
        advice=advice,
        began_at=health.condition_at if health.condition in ADVICE else None,
        rotate_url=reverse("settings-connection-rotate", args=[connection.pk])
        if is_refused
        else "",
        edit_url=reverse("settings-connection-edit", args=[connection.pk])
        if connection.is_broken and not is_refused
        else "",
    )


def make_connection_page(connection: Connection, usage: Usage) -> ConnectionPage:
    """Return a connection as its own page shows it."""
    connector = find_connector(connection.vendor)
    vendor = vendor_of(connector)
    health = connection.health
    state = state_of(connection, clock.now())
    quotas = [(each["name"], quota_words(each)) for each in health.quotas]
    return ConnectionPage(
        offers=_describe_offers(connection, vendor),
        can_pull=vendor.has_bulk and not connection.closed_because,
        pausing=_describe_pausing(connection),
        advice=advice_of(connection),
        state=state,
        breaker=_describe_breaker(health, state),
        usage=usage,
        usage_words=_describe_usage(usage),
        last_ok_note="" if health.last_ms is None else f", in {health.last_ms:,} ms",
        test_words="last test failed," if health.test_error else "tested",
        tested_at=health.tested_at,
        access=", ".join(health.may),
        rate=_describe_rate(health),
        quotas=quotas[:MOST_QUOTAS],
        more_quotas=max(len(quotas) - MOST_QUOTAS, 0),
        terms=[(term.label, connection.hints.get(term.name, "…")) for term in connector.terms],
    )


def _describe_pausing(connection: Connection) -> Pausing:
    if connection.is_paused:
        return Pausing("Resume", reverse("settings-connection-resume", args=[connection.pk]))
    return Pausing("Pause", reverse("settings-connection-pause", args=[connection.pk]))


def _describe_breaker(health: ConnectionHealth, state: State) -> State:
    """Return the breaker's state; an open one says how long."""
    breaker = BREAKERS[Breaker(health.breaker)]
    if health.breaker == Breaker.OPEN and state.note:
        note = f"{breaker.note} {state.note[:1].upper()}{state.note[1:]}."
        return State(breaker.shape, breaker.words, note)
    return breaker


def _describe_usage(usage: Usage) -> str:
    failed = f", {usage.failed:,} failed" if usage.failed else ""
    median = f", median {usage.median_ms:,} ms" if usage.calls else ""
    return f"{plural(usage.calls, 'call')}{failed}{median}"


def _describe_rate(health: ConnectionHealth) -> str:
    rate = rate_of(health)
    if not rate:
        return "–"
    return rate if health.rate_left is None else f"{rate}, {health.rate_left:,} left"


def make_call_row(call: VendorCall) -> CallRow:
    """Return a call with its status and what went wrong, in words."""
    error = error_words(call)
    parts = [str(call.status) if call.status else "", Truncator(error).chars(LONGEST_ERROR)]
    words = " · ".join(filter(None, parts)) or "Answered"
    return CallRow(call, "bad" if error else "ok", words)


def list_tabs(connection: Connection, *, failed_only: bool) -> list[Tab]:
    """Return which calls can be listed: all, or those that failed."""
    url = reverse("settings-connection-detail", args=[connection.pk])
    return [
        Tab("All", url, not failed_only),
        Tab("Failed", f"{url}?show=failed#calls", failed_only),
    ]

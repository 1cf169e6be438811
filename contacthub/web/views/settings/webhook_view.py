"""How webhooks are shown: a delivery in the list, one in full with each try, and the signing secret."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.html import format_html

from contacthub.web.job_words import Tab
from contacthub.web.templatetags.states import State
from contacthub.web.templatetags.times import moment
from contacthub.web.views.settings.shown_once import ShownOnce
from contacthub.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookSecret

# A body longer than this is shown in part.
SHOWN_CHARACTERS = 20_000
STATES = {"failed": "Failed", "waiting": "Waiting", "delivered": "Delivered"}


@dataclass(frozen=True)
class DeliveryRow:
    """A delivery as the list shows it."""

    delivery: WebhookDelivery
    receiver: str
    state: State
    answer: str
    duration: str


@dataclass(frozen=True)
class Attempt:
    """A try with its answer."""

    shape: str
    words: str
    duration: str
    sent_at: dt.datetime
    error: str
    headers: str
    has_answer: bool
    answer: str
    without_answer: str


@dataclass(frozen=True)
class DeliveryPage:
    """A delivery in full. `no_attempts` is said where nothing was sent yet."""

    receiver: str
    state: State
    body: str
    is_body_cut: bool
    attempts: list[Attempt]
    attempts_title: str
    no_attempts: str


def make_delivery_row(delivery: WebhookDelivery) -> DeliveryRow:
    """Return a delivery as the list shows it."""
    return DeliveryRow(
        delivery=delivery,
        receiver=_receiver_of(delivery),
        state=state_of(delivery),
        answer=_describe_answer(delivery),
        duration=_format_ms(delivery.last_ms),
    )


def state_of(delivery: WebhookDelivery) -> State:
    """Return a delivery's state as it is shown."""
    if delivery.state == WebhookDelivery.State.DELIVERED:
        return State("ok", "Delivered")
    if delivery.state == WebhookDelivery.State.FAILED:
        return State("bad", "Failed")
    if delivery.state == WebhookDelivery.State.SENDING:
        return State("run", "Sending")
    return State("warn", "Tries again") if delivery.tries else State("none", "Waiting")


def _receiver_of(delivery: WebhookDelivery) -> str:
    return urlsplit(delivery.url).hostname or "unreadable"


def _describe_answer(delivery: WebhookDelivery) -> str:
    if delivery.last_status:
        return str(delivery.last_status)
    if delivery.attempts:
        return "None"
    return "Not sent" if delivery.is_final else ""


def _format_ms(ms: int | None) -> str:
    if ms is None:
        return ""
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def make_delivery_page(
    delivery: WebhookDelivery, attempts: Iterable[WebhookAttempt]
) -> DeliveryPage:
    """Return a delivery in full; of a long body the beginning."""
    state = state_of(delivery)
    if state.shape == "warn":
        note = format_html("{} UTC", moment(delivery.next_attempt_at))
        state = State(state.shape, state.words, note)
    body = delivery.body
    shown = [_make_attempt(attempt) for attempt in attempts]
    return DeliveryPage(
        receiver=_receiver_of(delivery),
        state=state,
        body=body[:SHOWN_CHARACTERS],
        is_body_cut=len(body) > SHOWN_CHARACTERS,
        attempts=shown,
        attempts_title="Tries, last one first" if shown else "Tries",
        no_attempts="It was not sent." if delivery.is_final else "It is sent within seconds.",
    )


def _make_attempt(attempt: WebhookAttempt) -> Attempt:
    is_taken = attempt.status is not None and 200 <= attempt.status < 300
    return Attempt(
        shape="ok" if is_taken else "bad",
        words=str(attempt.status) if attempt.status else "No answer",
        duration=_format_ms(attempt.duration_ms),
        sent_at=attempt.sent_at,
        error=attempt.error,
        headers="\n".join(f"{name}: {value}" for name, value in sorted(attempt.headers.items())),
        has_answer=bool(attempt.status),
        answer=attempt.answer,
        without_answer=f"{attempt.status} without a body.",
    )


def list_tabs(chosen: str) -> list[Tab]:
    """Return which deliveries can be listed: all, or those in one state."""
    url = reverse("settings-webhooks")
    return [
        Tab("All", url, not chosen),
        *(Tab(label, f"{url}?state={state}", state == chosen) for state, label in STATES.items()),
    ]


def describe_secret(current: WebhookSecret | None, overlap: dt.datetime | None) -> str:
    """Return since when the secret is in use; `overlap` is until when the former one signs along."""
    if overlap:
        made = _format_minute(current.created_at) if current else ""
        return f"Rotated on {made}; the previous secret also signs until {_format_minute(overlap)} UTC."
    if current:
        return f"In use since {_format_minute(current.created_at)} UTC."
    return "Made when it is first needed."


def _format_minute(moment_: dt.datetime) -> str:
    """Write a time: 12 Nov 08:30."""
    return f"{moment_.day} {moment_:%b %H:%M}"


def show_secret(secret: str) -> ShownOnce:
    """Return the signing secret."""
    return ShownOnce(
        icon="key",
        lead="The signing secret.",
        words="Give it to the receiver only. Anyone who has it can make messages that look like ours.",
        text=secret,
        text_id="secret-text",
        label="Copy secret",
    )

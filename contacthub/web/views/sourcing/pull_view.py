"""The page of a started pull in words: what came of it, what it spent, and what can be done."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html

from contacthub.core.errors import NotFound
from contacthub.jobs.models import Job
from contacthub.organizations.models import Membership
from contacthub.organizations.rights import Right
from contacthub.sourcing.bulk import queries
from contacthub.sourcing.bulk.list_members import source_of
from contacthub.sourcing.bulk.models import Pull, PullReject
from contacthub.web.job_words import Fact, Figure, Tag, describe_error, tag_state
from contacthub.web.templatetags.figures import plural, rows
from contacthub.web.views.sourcing.words import (
    Step,
    list_options,
    list_steps,
    name_source,
    name_vendor,
)

REJECTS_SHOWN = 5
# What stands above the progress, by the state of the pull.
NOTICES = {
    "ended": "sourcing/bulk/_ended.html",
    "trial": "sourcing/bulk/_trial.html",
    "trouble": "sourcing/bulk/_trouble.html",
    "": "",
}


@dataclass(frozen=True)
class Ended:
    """A pull without all of its rows: why, what it spent, and going on with it."""

    title: str
    spent: str
    kind: str
    role: str
    icon: str
    retry_cost: int
    retry_words: str


@dataclass(frozen=True)
class PullView:
    """The page of one pull. An empty address stands for what cannot be done now."""

    pull: Pull
    job: Job
    status: str
    vendor: str
    source: str
    is_active: bool
    tag: Tag
    notice: str
    ended: Ended | None
    steps: tuple[Step, ...]
    progress_note: str
    figures: tuple[Figure, ...]
    rejects: list[PullReject]
    facts: tuple[Fact, ...]
    # What the vendor's job is doing, and how far it is, for the timeline.
    now: str
    step: str
    # What cancelling it now would save, in transactions.
    saved_by_cancelling: int
    poll_url: str
    cancel_url: str
    contacts_url: str
    list_url: str


def describe_pull(pull: Pull, membership: Membership) -> PullView:
    """Return a started pull as its page shows it to a member. Raises `NotFound` for a draft."""
    job = pull.job
    if job is None:
        raise NotFound("This pull has not been started.")
    status, is_active = queries.status_of(pull), not job.is_final
    has_saved = bool(pull.added + pull.changed + pull.unchanged)
    notice = _find_notice(pull, status)
    return PullView(
        pull=pull,
        job=job,
        status=status,
        vendor=name_vendor(pull),
        source=name_source(pull, " ({})"),
        is_active=is_active,
        tag=tag_state(status, job),
        notice=NOTICES[notice],
        ended=_describe_end(pull, job, status) if notice == "ended" else None,
        steps=list_steps(pull),
        progress_note=_describe_progress(pull, status) if is_active else "",
        figures=_list_figures(pull),
        rejects=queries.list_rejects(pull=pull, most=REJECTS_SHOWN) if pull.refused else [],
        facts=_list_facts(pull, membership),
        now=_describe_now(pull) if is_active else "",
        step="now" + ("" if job.percent is None else f", {job.percent}%"),
        saved_by_cancelling=0 if pull.is_begun else pull.price,
        poll_url=reverse("pull-status", args=[pull.pk]) if is_active else "",
        cancel_url=reverse("pull-cancel", args=[pull.pk]) if is_active else "",
        contacts_url=reverse("contact-list") if has_saved and not is_active else "",
        list_url=_find_list_step(pull, membership),
    )


def _find_list_step(pull: Pull, membership: Membership) -> str:
    """Return the page that puts what a pull brought on a list; nothing until it is complete."""
    if not membership.has_right(Right.SEARCH) or source_of(pull) is None:
        return ""
    return f"{reverse('list-add')}?pull={pull.pk}"


def _find_notice(pull: Pull, status: str) -> str:
    if status in ("failed", "cancelled"):
        return "ended"
    if status == "completed" and pull.origin and pull.origin.is_draft:
        return "trial"
    return "trouble" if status in ("queued", "running") and pull.trouble else ""


def _describe_end(pull: Pull, job: Job, status: str) -> Ended:
    cost = queries.cost_of_retry(pull)
    first = "Request again" if pull.is_lost else "Continue"
    words = f"{first}, {f'up to {_count(cost)}' if cost else 'free'}"
    spent = _say_spent(pull, status)
    if status == "failed":
        title = f"The pull failed: {describe_error(job)}"
        return Ended(title, spent, "bad", "alert", "", cost, words)
    return Ended("The pull was cancelled.", spent, "", "status", "circle-off", cost, words)


def _count(transactions: int) -> str:
    return plural(transactions, "transaction")


def _say_spent(pull: Pull, status: str) -> str:
    """Say what a pull that has ended without all rows has spent, and what is left at the vendor."""
    if pull.row_count is not None:
        return "All rows are here; importing the rest is free."
    vendor = name_vendor(pull)
    if not pull.ids:
        goes_on = pull.vendor_id and not pull.is_lost
        first = f"Its job at {vendor} continues, free of charge. " if goes_on else ""
        return f"{first}{vendor} charges nothing."
    if pull.vendor_state == Pull.VendorState.CANCELLED:
        first = f"{vendor} cancelled its job"
        if pull.is_begun:
            return f"{first} after it had begun. Taken: {_count(pull.cost)}."
        return f"{first} before it began: nothing was spent."
    if pull.is_begun:
        more = "" if pull.is_lost else " Continue to receive what they paid for."
        return f"{vendor} has begun, so {_count(pull.cost)} are spent.{more}"
    if pull.asked_at is None:
        return "Nothing was spent."
    return f"{_say_asked(pull, status, vendor)} Continuing looks for that job first."


def _say_asked(pull: Pull, status: str, vendor: str) -> str:
    price = _count(pull.price)
    if status == "cancelled" and pull.trouble:
        told = f"{vendor} did not get the cancellation ({pull.trouble})"
        return f"{told}, and may continue its job for up to {price}."
    return f"{vendor} received the request and may take up to {price} for its job."


def _describe_progress(pull: Pull, status: str) -> str:
    vendor = name_vendor(pull)
    sentences = []
    if status == "queued":
        sentences.append("Starting shortly.")
    elif pull.row_count is None and pull.vendor_id:
        sentences.append(f"We check {vendor} regularly.")
    sentences.append("You can leave this page.")
    if pull.ids and pull.is_begun:
        sentences.append(f"{vendor} has started: cancelling gives nothing back.")
    elif pull.ids:
        sentences.append("Until it starts, cancelling costs nothing.")
    return " ".join(sentences)


def _describe_now(pull: Pull) -> str:
    vendor = name_vendor(pull)
    if pull.row_count is not None:
        return "Importing"
    if pull.fragment_count:
        return "Receiving fragments"
    return f"{vendor} works" if pull.vendor_id else f"Calling {vendor}"


def _list_figures(pull: Pull) -> tuple[Figure, ...]:
    if pull.row_count is None:
        return ()
    unknown = max(len(pull.ids) - pull.row_count, 0)
    no_such_id = f"{name_vendor(pull)} has no such id"
    return (
        Figure("New", rows(pull.added), "contacts of your own"),
        Figure("Changed", rows(pull.changed), "known before, with more data now"),
        Figure("Unchanged", rows(pull.unchanged), "unchanged"),
        Figure("Rejected", rows(pull.refused), "no unique key"),
        *([Figure("Unknown", rows(unknown), no_such_id)] if pull.ids else []),
    )


# --- The manifest ---------------------------------------------------------------------------------


def _list_facts(pull: Pull, membership: Membership) -> tuple[Fact, ...]:
    facts = [Fact("Pull", copy=str(pull.pk), copy_label="Copy pull id")]
    if pull.origin is not None:
        facts.append(Fact("Part of", _link("pull-detail", pull.origin_id, pull.origin.name)))
    if pull.ids:
        facts.append(Fact("Ids", _describe_ids(pull)))
    else:
        facts += list_options(pull, with_days=False)
    facts.append(Fact("Connection", _name_connection(pull, membership)))
    if pull.vendor_id:
        label = "Copy the id of the vendor's job"
        facts.append(Fact("Vendor's job", copy=pull.vendor_id, copy_label=label))
    if pull.former_ids:
        facts.append(Fact("Jobs before it", ", ".join(pull.former_ids), "ch-mono"))
    return tuple(facts)


def _link(route: str, key: object, words: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse(route, args=[key]), words)


def _describe_ids(pull: Pull) -> str:
    parts = [
        f"{len(pull.ids):,} different",
        *([f"{pull.duplicate_count:,} duplicate"] if pull.duplicate_count else []),
        *([f"{pull.malformed_count:,} malformed"] if pull.malformed_count else []),
    ]
    return ", ".join(parts)


def _name_connection(pull: Pull, membership: Membership) -> str:
    if not membership.has_right(Right.MANAGE) or pull.connection_id is None:
        return pull.connection_name
    calls = _link("settings-connection-detail", pull.connection_id, "its calls")
    return format_html("{}, {}", pull.connection_name, calls)

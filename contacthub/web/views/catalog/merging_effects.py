"""What merging two contacts would do, counted, in sentences."""

from collections.abc import Iterator

from contacthub.contacts.merging.queries import Pair
from contacthub.contacts.merging.rule import MODELS, Known
from contacthub.contacts.models import Contact
from contacthub.contacts.value_fields import EMAIL, PHONE
from contacthub.enrichment.queries.waterfall import list_vendor_answers
from contacthub.exports.holding import list_exports_with
from contacthub.lists.queries import Reader, list_lists_with
from contacthub.web.http import HubRequest
from contacthub.web.templatetags.figures import plural

MOST_ANSWERS = 1000
MOST_EXPORTS = 100


def list_effects(request: HubRequest, pair: Pair) -> list[str]:
    """Return what a merge would do, one sentence each."""
    known, other = Known.of(pair.survivor), Known.of(pair.merged)
    return [
        *_count_lists(known, other),
        *_count_sources(request, pair, known, other),
        *_count_members(request, pair),
        *_count_exports(request, pair.merged),
    ]


def _count_lists(known: Known, other: Known) -> Iterator[str]:
    counts = {name: len({*known.texts(name), *other.texts(name)}) for name in MODELS}
    said = [
        plural(counts[name], noun)
        for name, noun in ((EMAIL, "e-mail"), (PHONE, "phone"))
        if counts[name]
    ]
    if said:
        yield f"{' and '.join(said)} of both are kept, each once."


def _count_sources(request: HubRequest, pair: Pair, known: Known, other: Known) -> Iterator[str]:
    sources = {each.source for side in (known, other) for each in side.records}
    if sources:
        yield f"The rows of {plural(len(sources), 'source')} point to the contact that stays."
    answers = list_vendor_answers(
        organization=request.organization, key=pair.merged.key, most=MOST_ANSWERS
    )
    if answers:
        words = plural(len(answers), "vendor answer")
        yield f"{words} about the other contact count for it; what was paid is not paid again."


def _count_members(request: HubRequest, pair: Pair) -> Iterator[str]:
    reader = Reader.of(request.membership)
    of_both = [
        {each.pk for each in list_lists_with(reader=reader, of_companies=False, item=contact.key)}
        for contact in (pair.survivor, pair.merged)
    ]
    if only := of_both[1] - of_both[0]:
        yield f"On {plural(len(only), 'list')} it takes the place of the other contact."
    if both := of_both[1] & of_both[0]:
        yield f"{plural(len(both), 'list')} with both will have one member less."


def _count_exports(request: HubRequest, merged: Contact) -> Iterator[str]:
    found = list_exports_with(organization=request.organization, key=merged.key, most=MOST_EXPORTS)
    if found:
        yield f"{plural(len(found), 'file')} of exports stay as they are and show on its page."

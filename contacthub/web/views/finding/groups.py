"""What an organization has of each kind by some words: people, companies, feeds, exports, pages and actions.

Each group reads a few rows only: the search answers while somebody types.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.urls import reverse

from contacthub.contacts import search
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Contact
from contacthub.contacts.saved_views import list_views
from contacthub.core.matching import matches
from contacthub.core.public_ids import format_contact_id
from contacthub.core.text import fold
from contacthub.enrichment.masking import mask_email
from contacthub.exports.queries import list_exports
from contacthub.feeds.models import Feed
from contacthub.feeds.queries import list_grants, list_topics_of
from contacthub.lists.queries import Reader, find_lists
from contacthub.organizations.models import Organization
from contacthub.organizations.rights import Right
from contacthub.sourcing.live.search import list_searchable
from contacthub.web.http import HubRequest
from contacthub.web.private_query import PrivateQuery
from contacthub.web.templatetags.figures import plural, rows
from contacthub.web.templatetags.times import day
from contacthub.web.views.catalog.display import SAVED
from contacthub.web.views.catalog.filters import join_values
from contacthub.web.views.catalog.intent_filter import TOPIC
from contacthub.web.views.catalog.list_kinds import KINDS
from contacthub.web.views.finding.found import Found, Group, Part, mark_parts
from contacthub.web.views.finding.places import find_actions, find_pages

# Fewer letters are in nearly every name.
LEAST_LETTERS = 2
# Of the places that a person may open, as many as are worth reading; before anything is typed there is nothing else.
MOST_PLACES = 4
MOST_PLACES_AT_FIRST = 9


def find_everything(request: HubRequest, text: str, *, most: int) -> list[Group]:
    """Return up to `most` things of each kind that hold all words of a text; kinds without any are left out."""
    most_places = MOST_PLACES if text else MOST_PLACES_AT_FIRST
    groups = [
        *(_find_stored(request, text, most) if len(fold(text)) >= LEAST_LETTERS else ()),
        Group("pages", "Pages", find_pages(request.membership, text)[:most_places]),
        Group("actions", "Actions", _list_actions(request, text)),
    ]
    words = fold(text).split()
    return [_mark(group, words) for group in groups if group.found]


def count_people(groups: Iterable[Group]) -> int:
    """Return how many people somebody is shown."""
    return sum(len(group.found) for group in groups if group.key == "people")


def describe_contact(contact: Contact, *, may_see: bool) -> Found:
    """Return a contact as a line, the address masked."""
    name = contact.full_name or "Without a name"
    title = " · ".join(part for part in (contact.job_title, str(contact.company or "")) if part)
    return Found(
        name,
        reverse("contact-detail", args=[format_contact_id(contact.key)]),
        "user",
        title,
        mask_email(contact.email or "") if may_see else "",
        [Part(name)],
        [Part(title)],
    )


def describe_unknown(contact_id: str) -> Found:
    """Return the line of an id that the catalog does not have: its page says which vendors to query."""
    url = reverse("contact-detail", args=[contact_id])
    note = "not in the catalog"
    return Found(contact_id, url, "fingerprint", note, "", [Part(contact_id)], [Part(note)])


def _find_stored(request: HubRequest, text: str, most: int) -> list[Group]:
    return [
        _find_people(request, text, most),
        _find_companies(request, text, most),
        _find_lists(request, text, most),
        _find_views(request, text, most),
        _find_feeds(request, text, most),
        _find_exports(request.organization, text, most),
    ]


def _find_people(request: HubRequest, text: str, most: int) -> Group:
    may_see = request.membership.has_right(Right.VALUES)
    # Whose own name holds the words comes before colleagues at a company of that name.
    ways = (
        (ContactFilters(text=text), ContactFilters(words=text))
        if may_see
        else (ContactFilters(name=text), ContactFilters(public_words=text))
    )
    found: dict[int, Contact] = {}
    for way in ways:
        page = search.list_contacts(organization=request.organization, filters=way, limit=most + 1)
        found |= {each.pk: each for each in page.items if each.pk not in found}
        if len(found) > most:
            break
    people = [describe_contact(each, may_see=may_see) for each in found.values()]
    return _limit(request, "people", "People", people, most, "contact-list", text)


def _find_companies(request: HubRequest, text: str, most: int) -> Group:
    page = search.list_companies(
        organization=request.organization, filters=CompanyFilters(text=text), limit=most + 1
    )
    people = search.count_people(organization=request.organization, companies=page.items[:most])
    found = [
        Found(
            str(each),
            reverse("company-detail", args=[each.number]),
            "building",
            " · ".join(part for part in (each.domain, each.headquarters) if part),
            plural(people.get(each.pk, 0), "contact"),
        )
        for each in page.items
    ]
    return _limit(request, "companies", "Companies", found, most, "company-list", text)


def _find_lists(request: HubRequest, text: str, most: int) -> Group:
    lists = find_lists(reader=Reader.of(request.membership), text=text)[:most]
    found = [
        Found(
            each.name,
            reverse("list-detail", args=[each.public_id]),
            "list-details",
            f"list of {'companies' if each.of_companies else 'people'}",
            rows(each.member_count),
        )
        for each in lists
    ]
    return Group("lists", "Lists", found)


def _find_views(request: HubRequest, text: str, most: int) -> Group:
    found = [
        Found(
            each.name,
            f"{kind.path}?{SAVED}={each.pk}",
            "filter",
            f"saved view of {kind.name.capitalize()}",
            "shared" if each.is_shared else "mine",
        )
        for kind in KINDS.values()
        for each in list_views(
            organization=request.organization, user=request.user, of_companies=kind.of_companies
        )
        if matches(text, each.name)
    ]
    return Group("views", "Saved views", found[:most])


def _find_feeds(request: HubRequest, text: str, most: int) -> Group:
    """A topic leads to the companies that it was observed of, and to each feed that has it."""
    grants = {grant.feed_id: grant for grant in list_grants(organization=request.organization)}
    topics = list_topics_of(feeds=list(grants))
    feeds = [
        Found(
            grant.feed.name,
            reverse("feed-detail", args=[grant.feed.public_id]),
            "wave-sine",
            "feed",
            plural(grant.lookback_days, "day"),
        )
        for grant in grants.values()
        if matches(text, grant.feed.name, grant.feed.description)
    ]
    named: dict[str, list[Feed]] = {}
    for each in topics:
        if matches(text, each.topic):
            named.setdefault(each.topic, []).append(grants[each.feed_id].feed)
    for topic, of in named.items():
        feeds += _describe_topic(request, topic, of)
    return Group("feeds", "Feeds and topics", feeds[:most])


def _describe_topic(request: HubRequest, topic: str, feeds: Sequence[Feed]) -> list[Found]:
    """Return the companies with intent on a topic as a line, where a feed is our own, and one for each feed."""
    query = _seal(request, {TOPIC: join_values([topic])})
    url = f"{reverse('company-list')}?{query}"
    companies = Found(topic, url, "building", "companies with intent on it")
    return [
        *([companies] if any(not feed.is_remote for feed in feeds) else []),
        *(
            Found(
                topic,
                reverse("feed-detail", args=[feed.public_id]),
                "wave-sine",
                f"topic of {feed.name}",
            )
            for feed in feeds
        ),
    ]


def _find_exports(organization: Organization, text: str, most: int) -> Group:
    found = [
        Found(
            each.name,
            reverse("export-detail", args=[each.pk]),
            "file-export",
            f"export, {day(each.created_at)}",
            f"{rows(each.total_rows)} rows",
        )
        for each in list_exports(organization=organization, text=text)[:most]
    ]
    return Group("exports", "Exports", found)


def _list_actions(request: HubRequest, text: str) -> list[Found]:
    actions = find_actions(request.membership, text)[:MOST_PLACES] if text else []
    if len(fold(text)) < LEAST_LETTERS:
        return actions
    if request.membership.has_right(Right.ENRICH):
        actions += [
            Found(
                f"Search “{text}” in {each.name}",
                _address(request, "contact-live", text, each.pk),
                "external-link",
                "at the vendor; nothing is saved",
            )
            for each in list_searchable(organization=request.organization, of_companies=False)
        ]
    return [
        *actions,
        Found(
            f"Search “{text}” in Contacts",
            _address(request, "contact-list", text),
            "search",
            is_list=True,
        ),
    ]


def _limit(
    request: HubRequest, key: str, title: str, found: list[Found], most: int, route: str, text: str
) -> Group:
    """Return a group of at most so many; where there are more, with the address of all."""
    if len(found) <= most:
        return Group(key, title, found)
    noun = title.lower()
    return Group(key, title, found[:most], f"All {noun}", _address(request, route, text))


def _address(request: HubRequest, route: str, text: str, *args: object) -> str:
    """Return the address of a page that is searched for a text, which is sealed if it holds an e-mail address."""
    # Who is searched by name is found, however old what is known of them.
    more = {"stale": "show", "speculative": "show"} if route == "contact-list" else {}
    return f"{reverse(route, args=args)}?{_seal(request, {'q': text} | more)}"


def _seal(request: HubRequest, parts: Mapping[str, str]) -> str:
    query = PrivateQuery("", mutable=True)
    query.organization = request.organization
    for name, text in parts.items():
        query[name] = text
    return query.urlencode()


def _mark(group: Group, words: list[str]) -> Group:
    is_said = group.key not in ("pages", "actions")
    found = [
        replace(
            each,
            name_parts=mark_parts(each.name, words) if is_said else [Part(each.name)],
            note_parts=mark_parts(each.note, words) if is_said and each.note else [Part(each.note)],
        )
        for each in group.found
    ]
    return replace(group, found=found)

"""Compare contacts that changed with all others of their owner, part by part, and keep the pairs that are proposed."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db import transaction

from contacthub.contacts.duplicates.cards import Card, is_generic, plain_address
from contacthub.contacts.duplicates.names import read_name
from contacthub.contacts.duplicates.near_names import People
from contacthub.contacts.duplicates.proposals import Found, Pair, drop_outdated, save_found
from contacthub.contacts.duplicates.rule import Ground, judge
from contacthub.contacts.models import DuplicateProposal
from contacthub.contacts.sql import duplicates as sql
from contacthub.core.marks import plain_link

# Contacts of one part: what a part holds in memory, and what is compared again if its worker dies.
PART = 1_000
Reason = DuplicateProposal.Reason
Ids = tuple[int, int]


def propose_duplicates(*, seconds: float) -> int:
    """Compare contacts that changed, part by part, until none is left or `seconds` have passed. Returns how many.

    Each part is a transaction: a worker that dies leaves its part to be compared again. One worker at a time.
    """
    deadline = time.monotonic() + seconds
    compared = 0
    while count := _compare_part():
        compared += count
        if time.monotonic() > deadline:
            break
    return compared


@transaction.atomic
def _compare_part() -> int:
    contacts = sql.take_checks(most=PART)
    if contacts:
        _propose(contacts)
    return len(contacts or ())


def _propose(contacts: Sequence[int]) -> None:
    grounds = find_grounds(contacts)
    ids = {*contacts, *(contact for pair in grounds for contact in pair)}
    cards = {row.id: make_card(row) for row in sql.list_cards(contacts=sorted(ids))}
    found = [
        each
        for pair, ground in grounds.items()
        if (each := _judge(cards, pair, ground)) is not None
    ]
    found.sort(key=lambda each: (each.pair.lower_key, each.pair.higher_key))
    checked = [(card.owner or None, card.key) for card in map(cards.get, contacts) if card]
    drop_outdated(checked, found)
    save_found(found)


def find_grounds(contacts: Sequence[int]) -> dict[Ids, Ground]:
    """Return what contacts, given by primary key, have in common with others of their owner, by pairs in order."""
    shared = _find_shared(contacts)
    namesakes = _find_namesakes(contacts)
    return {
        pair: Ground(frozenset(shared.get(pair, ())), namesakes.get(pair))
        for pair in {*shared, *namesakes}
    }


def _find_shared(contacts: Sequence[int]) -> dict[Ids, set[str]]:
    mine, shared = set(contacts), defaultdict[Ids, set[str]](set)
    for reason, statement in (
        (Reason.PROFILE, sql.SHARED_PROFILES),
        (Reason.EMAIL, sql.SHARED_EMAILS),
        (Reason.PHONE, sql.SHARED_PHONES),
    ):
        for value, having in sql.list_sharing(statement, contacts=contacts):
            if reason == Reason.EMAIL and is_generic(value):
                continue
            for pair in _pairs(having, mine):
                shared[pair].add(reason)
    return shared


def _pairs(contacts: Sequence[int], mine: set[int]) -> Iterator[Ids]:
    """Yield all pairs of some contacts, in order, of which one at least is to be compared."""
    for place, one in enumerate(contacts):
        for other in contacts[place + 1 :]:
            if one in mine or other in mine:
                yield one, other


def _find_namesakes(contacts: Sequence[int]) -> dict[Ids, float]:
    """Return the pairs with near names at one company, and how many others of the name are to be expected there."""
    same: dict[tuple[int, int], list[int]] = defaultdict(list)
    for owner, company, other in sql.list_linked_companies(contacts=contacts):
        same[owner, company].append(other)
    members = sql.list_members(
        companies=sorted({each for companies in same.values() for each in companies}),
        owners=sorted({owner for owner, _ in same}),
    )
    at: dict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
    for member in members:
        at[member.owner, member.company].append((member.contact, member.full_name))
    found: dict[Ids, float] = {}
    mine = set(contacts)
    for (owner, company), companies in same.items():
        compared = [contact for contact, _ in at[owner, company] if contact in mine]
        people = People([each for other in companies for each in at[owner, other]])
        found |= _find_near(people, compared)
    return found


def _find_near(people: People, contacts: Iterable[int]) -> dict[Ids, float]:
    return {
        (min(contact, near.contact), max(contact, near.contact)): near.namesakes
        for contact in contacts
        for near in people.find_near(contact)
    }


def make_card(row: sql.CardRow) -> Card:
    """Return a stored contact as it is compared."""
    link = row.linkedin_url or (
        f"https://www.linkedin.com/in/{row.linkedin_handle}" if row.linkedin_handle else ""
    )
    addresses = (plain_address(each) for each in row.addresses if not is_generic(each))
    return Card(
        id=row.id,
        key=row.key,
        owner=row.owner,
        name=read_name(row.full_name),
        title=row.job_title or "",
        addresses=frozenset(addresses),
        phones=frozenset(row.phones),
        profiles=frozenset({plain_link(link)} if "/in/" in link else ()),
    )


def _judge(cards: dict[int, Card], pair: Ids, ground: Ground) -> Found | None:
    one, other = (cards.get(contact) for contact in pair)
    if one is None or other is None:
        return None
    verdict = judge(one, other, ground)
    if verdict is None:
        return None
    return Found(Pair.of(one.owner or None, one.key, other.key), verdict.reasons, verdict.score)

"""How far a limit of lookups reaches, against the rounds that a run really makes."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contacthub.enrichment.models import Section, StopRule
from contacthub.enrichment.plans import Known, Plan, SectionPlan, list_questions

VENDORS = [UUID(int=n) for n in range(1, 4)]
ORDERS = st.lists(st.sampled_from(VENDORS), unique=True, max_size=3).map(tuple)


def count_asked(plan: Plan, count: int, lookups: int, finds: set[tuple[UUID, int]]) -> int:
    """Ask as a run does, for contacts of which nothing is known; return how many were asked about."""
    known: dict[int, Known] = {}
    asked: dict[int, set[tuple[UUID, Section]]] = {}
    left = lookups
    while left and (
        questions := list(
            list_questions(plan, range(count), known=known, asked=asked, most=lambda vendor: 3)
        )
    ):
        for question in questions:
            keys = question.keys[:left]
            left -= len(keys)
            for key in keys:
                asked.setdefault(key, set()).update(
                    (question.connection, section) for section in question.sections
                )
                if (question.connection, key) in finds:
                    found = known.get(key, Known()).found | set(question.sections)
                    known[key] = Known(frozenset(found))
    return len(asked)


@given(
    orders=st.lists(ORDERS, min_size=3, max_size=3),
    count=st.integers(0, 9),
    lookups=st.integers(0, 40),
    finds=st.sets(st.tuples(st.sampled_from(VENDORS), st.integers(0, 8))),
)
def test_a_run_asks_about_as_many_contacts_as_was_said(
    orders: list[tuple[UUID, ...]], count: int, lookups: int, finds: set[tuple[UUID, int]]
) -> None:
    sections = {
        section: SectionPlan(StopRule.FIRST, steps)
        for section, steps in zip(Section, orders, strict=True)
        if steps
    }
    plan = Plan(sections, limit=1000)
    fewest, most = plan.reach(count, lookups)
    assert fewest <= count_asked(plan, count, lookups, finds) <= most
    assert not sections or fewest == count or lookups < plan.most_altogether(count)

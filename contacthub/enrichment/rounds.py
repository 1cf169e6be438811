"""Asking vendors about a list: block by block, round by round, several calls under way at once.

What is looked up next follows from what is saved: the values in the catalog and the answers of vendors. So a worker
that takes over repeats what was under way, and nothing else.
"""

from collections.abc import Iterator
from contextlib import closing

from django.db import transaction

from contacthub.connectors.records import Person
from contacthub.contacts.merging.queries import find_current_keys
from contacthub.core.failpoints import failpoint
from contacthub.credentials.connections.threads import call_at_once
from contacthub.enrichment import vendor_calls, vendor_replies
from contacthub.enrichment.keys.row_keys import RowReader
from contacthub.enrichment.models import Asking, EnrichmentBatch
from contacthub.enrichment.plans import Plan, Question, list_questions, list_unasked
from contacthub.enrichment.queries import waterfall as reads
from contacthub.enrichment.queries.batches import lock_batch
from contacthub.enrichment.sql import lookups as sql
from contacthub.jobs.lease import CancelRequested, HandBack, Lease

# Contacts that are looked up before any after them, and calls under way at once.
BLOCK_CONTACTS = 4000
AT_ONCE = 4


def ask_vendors(batch: EnrichmentBatch, lease: Lease) -> int:
    """Ask for what the catalog lacks, from where an earlier worker stopped. Returns the rows that were looked up.

    Stops at the limit of lookups; what is not looked up then is answered from the catalog alone.
    """
    if not batch.asks_vendors:
        return 0
    plan = Plan.from_json(batch.plan)
    with (
        lease.keep_alive(),
        vendor_calls.Vendors(batch.organization, plan, is_interactive=False) as vendors,
    ):
        _Rounds(batch, lease, plan, vendors).run()
    return batch.lookup_count


class _Rounds:
    def __init__(
        self, batch: EnrichmentBatch, lease: Lease, plan: Plan, vendors: vendor_calls.Vendors
    ) -> None:
        self._batch, self._lease, self._plan, self._vendors = batch, lease, plan, vendors
        self._rules = {section: each.rule for section, each in plan.sections.items()}
        self._stop: Exception | None = None
        self._is_at_limit = batch.is_limit_reached
        self._done = sql.count_asked(batch_id=batch.pk, through=batch.asked_through)

    def run(self) -> None:
        batch = self._batch
        while not self._is_at_limit:
            rows = reads.list_to_ask(batch=batch, after=batch.asked_through, most=BLOCK_CONTACTS)
            if not rows:
                return
            keys = [row.key for row in rows]
            self._vendors.introduce(self._read_strangers(rows))
            self._ask_block(keys)
            self._end_block(rows[-1].ordinal, keys)

    def _read_strangers(self, rows: list[reads.ToAsk]) -> dict[int, Person]:
        """Return what the rows say of people who are in no catalog, by the keys that they would have there."""
        reader = RowReader(self._batch.uses)
        return {
            row.key: reader.read_row(row.stranger_cells).as_person()
            for row in rows
            if row.stranger_cells is not None
        }

    def _ask_block(self, keys: list[int]) -> None:
        while questions := self._list_questions(keys):
            self._ask(questions)
            if self._is_at_limit:
                return

    def _list_questions(self, keys: list[int]) -> list[Question]:
        vendors = self._vendors
        keys = self._merge(keys)
        vendors.learn(keys)
        questions = list_questions(
            self._plan,
            keys,
            known=reads.get_known(organization=self._batch.organization, keys=keys),
            asked=reads.get_asked(batch=self._batch, keys=keys),
            most=vendors.most_of,
            can_ask=vendors.can_ask,
        )
        return list(questions)

    def _ask(self, questions: list[Question]) -> None:
        """Make the calls of a round. Once the work must stop, those under way are still saved: they are paid for."""
        calls = call_at_once(
            lambda item: self._vendors.call(item[1]), self._reserve(questions), at_once=AT_ONCE
        )
        with closing(calls):
            for (asked, question), reply in calls:
                failpoint("vendor_answered")
                self._save(asked, question, reply)
        if self._stop is not None:
            raise self._stop

    def _reserve(self, questions: list[Question]) -> Iterator[tuple[Asking, Question]]:
        for place, question in enumerate(questions):
            if self._stop is not None:
                return
            with transaction.atomic():
                allowed = sql.reserve(batch_id=self._batch.pk, most=len(question.keys))
                if not allowed:
                    # Of calls under way some may still be given back: the limit is reached when nothing is under way.
                    self._is_at_limit = place == 0
                    return
                part = Question(question.connection, question.sections, question.keys[:allowed])
                asked = vendor_calls.make_asking(
                    organization=self._batch.organization,
                    batch=self._batch,
                    vendors=self._vendors,
                    question=part,
                )
            failpoint("vendor_reserved")
            yield asked, part

    def _save(self, asked: Asking, question: Question, reply: vendor_calls.Reply) -> None:
        batch = self._batch
        with transaction.atomic():
            lock_batch(organization=batch.organization, batch_id=batch.pk)
            self._fence()
            vendor_replies.save_reply(
                organization=batch.organization,
                batch=batch,
                asking=asked,
                question=question,
                reply=reply,
                rules=self._rules,
                strangers=self._vendors.strangers,
            )
            if not asked.lookup_count:
                sql.give_back(batch_id=batch.pk, count=asked.asked_count)
        failpoint("vendor_chunk_committed")

    def _end_block(self, last: int, keys: list[int]) -> None:
        batch = self._batch
        with transaction.atomic():
            lock_batch(organization=batch.organization, batch_id=batch.pk)
            self._note_unasked(keys)
            self._done += len(keys)
            batch.asked_through, batch.is_limit_reached = last, self._is_at_limit
            batch.save(update_fields=["asked_through", "is_limit_reached"])
            self._fence()
        failpoint("vendor_block_committed")
        if self._stop is not None:
            raise self._stop

    def _merge(self, keys: list[int]) -> list[int]:
        """Return contacts as they are now: two that were merged since the list was made are looked up once."""
        today = find_current_keys(organization=self._batch.organization, keys=keys)
        return list(dict.fromkeys(today.get(key, key) for key in keys))

    def _note_unasked(self, keys: list[int]) -> None:
        organization, vendors = self._batch.organization, self._vendors
        keys = self._merge(keys)
        if not vendors.may_not_ask:
            return
        unasked = list_unasked(
            self._plan,
            keys,
            known=reads.get_known(organization=organization, keys=keys),
            asked=reads.get_asked(batch=self._batch, keys=keys),
            can_ask=vendors.can_ask,
        )
        for question in unasked:
            vendor_calls.note_unasked(
                organization=organization, batch=self._batch, vendors=vendors, question=question
            )

    def _fence(self) -> None:
        """Prolong the lease in the caller's transaction; another worker's token ends it here."""
        try:
            self._lease.save(done=self._done)
        except (CancelRequested, HandBack) as request:
            self._stop = request

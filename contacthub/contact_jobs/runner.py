"""The long work of contact jobs: freeze what is read at one moment, then write it fragment by fragment."""

from django.conf import settings
from django.db import transaction

from contacthub.contact_jobs import completion, sql, transactions
from contacthub.contact_jobs.layouts import layout_of
from contacthub.contact_jobs.models import ContactJob
from contacthub.contact_jobs.records import Conditions
from contacthub.core.failpoints import failpoint
from contacthub.jobs.lease import CancelRequested, HandBack, Lease, Manifest
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor


class WriteContacts:
    """Does a job of either kind; a worker that continues it writes the same bytes."""

    def __init__(self, job: Job) -> None:
        self.contact_job = ContactJob.objects.select_related("organization", "job").get(job=job)
        self.layout = layout_of(self.contact_job)

    def run(self, lease: Lease) -> Manifest:
        """Freeze once, then write from the checkpoint on."""
        if "row" not in lease.checkpoint:
            self._freeze(lease)
        lease.read_back()
        total = self.contact_job.row_count or 0
        while not lease.checkpoint["is_whole"]:
            self._write(lease, int(lease.checkpoint["row"]), total)
        return self._manifest(total)

    def _freeze(self, lease: Lease) -> None:
        """Take the charge and save what will be written, in the transaction that saves that this is done."""
        stop: Exception | None = None
        with lease.keep_alive(), transaction.atomic():
            if self.contact_job.price:
                transactions.lock_account(organization=self.contact_job.organization)
                transactions.use(job=self.contact_job)
            count = self._read()
            self.contact_job.row_count = lease.job.total = count
            self.contact_job.save(update_fields=["row_count"])
            Job.objects.filter(pk=lease.job.pk, token=lease.token).update(total=count)
            failpoint("contacts_frozen")
            try:
                lease.save(done=0, checkpoint={"row": 0, "is_whole": False})
            except (CancelRequested, HandBack) as request:
                # What is done is kept; the work stops after the commit.
                stop = request
        if stop is not None:
            raise stop

    def _read(self) -> int:
        if self.contact_job.kind == ContactJob.Kind.DETAILS:
            return sql.freeze_details(job=self.contact_job)
        conditions = Conditions.of_json(self.contact_job.conditions)
        return sql.freeze_extract(job=self.contact_job, conditions=conditions)

    def _write(self, lease: Lease, after: int, total: int) -> None:
        last = min(after + self.contact_job.fragment_rows, total)
        lines = sql.copy_rows(job=self.contact_job, layout=self.layout, after=after, last=last)
        raw = self.layout.join(lines, is_first=after == 0, is_last=last == total)
        written = lease.write(raw, row_count=len(lines))
        stop: Exception | None = None
        with transaction.atomic():
            sql.forget_rows(job=self.contact_job, last=last)
            try:
                lease.save(
                    done=last,
                    written=written,
                    checkpoint={"row": last, "is_whole": last == total},
                )
            except (CancelRequested, HandBack) as request:
                stop = request
        failpoint("contacts_written")
        if stop is not None:
            raise stop

    def _manifest(self, total: int) -> Manifest:
        is_extract = self.contact_job.kind == ContactJob.Kind.EXTRACT
        return Manifest(
            file_name=f"contacts_{self.contact_job.public_id}.{self.layout.suffix}",
            format=self.contact_job.format,
            content_type=self.layout.content_type,
            row_count=total,
            keep_days=settings.BACKSTORY_KEEP_DAYS if is_extract else None,
        )

    def completed(self, job: Job) -> None:
        """Say how many fragments there are, and send the webhook."""
        completion.complete(contact_job=self.contact_job)

    def undone(self, job: Job, state: Job.State) -> None:
        """Forget what was frozen, give back what was only held, and send the webhook."""
        completion.undo(
            contact_job=self.contact_job,
            state=state,
            actor=Actor(name=self.contact_job.created_by_name),
        )

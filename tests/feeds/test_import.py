"""Importing intent records: what goes in, what is refused and where, and that nothing goes in twice or half."""

import csv
import datetime as dt
import json
import signal
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from contacthub.core.errors import Invalid
from contacthub.core.public_ids import format_contact_id
from contacthub.feeds import actions, queries
from contacthub.feeds.models import Feed, FeedDay, FeedGrant, IntentBatch, IntentRecord
from tests.conftest import write_csv
from tests.feeds.builders import fill, fill_days, line
from tests.racing import race
from tests.workers import run_command

pytestmark = pytest.mark.django_db


def records() -> list[IntentRecord]:
    return list(IntentRecord.objects.order_by("observed_on", "domain"))


WHOLE_HEADER = (
    "observed_on,domain,topic,score,company_name,industry,contact_id,first_name,last_name,address,city,state,"
    "postal_code,country,gender,age_range,linkedin_url,job_title,company_domain,seniority"
)
WHOLE_ROW = (
    'Example.COM.,"FinOps, tooling",74.5,Example Ltd,Software,cb_3f2a8d1b9c0e5f47,Ann,Lee,"1 Road, 2nd",Leeds,,LS1 1AA,'
    "United Kingdom,female,35-44,https://linkedin.example/in/ann,VP,example.com,vp"
)


def test_fingerprint_of_a_row_stays(grant: FeedGrant, tmp_path: Path) -> None:
    """Rows imported again are told by it: with another one, those of all earlier files would be new, and charged."""
    day = dt.date(2026, 3, 1)
    path = write_csv(tmp_path / "a.csv", WHOLE_HEADER, [f"{day},{WHOLE_ROW}"])
    actions.import_intent(feed=grant.feed, path=path, today=day)
    (record,) = records()
    assert record.fingerprint == UUID("5cd3c6bd-7008-4ee8-7f39-e292e707b76c")


def test_import_keeps_every_column(grant: FeedGrant, tmp_path: Path, today: dt.date) -> None:
    path = write_csv(tmp_path / "a.csv", WHOLE_HEADER, [f"{today},{WHOLE_ROW}"])
    actions.import_intent(feed=grant.feed, path=path, today=today)
    (record,) = records()
    assert record.observed_on == today
    assert record.domain == "example.com"
    assert record.topic == "FinOps, tooling"
    assert record.score == 74.5
    assert format_contact_id(record.contact_key) == "id_3f2a8d1b9c0e5f47"
    assert (record.address, record.state, record.postal_code) == ("1 Road, 2nd", None, "LS1 1AA")
    assert (record.job_title, record.company_domain, record.seniority) == (
        "VP",
        "example.com",
        "vp",
    )


HEADER = "observed_on,domain,topic,company_name,first_name,company_domain"


def test_text_is_composed_without_invisible_characters(
    grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    rows = [
        f"{today},rote-straße.example,Pay\u200broll,Straße,Zoe\u0308,Rote-Straße.example",
        f"{today},rote-strasse.example,Payroll,Strasse,Zoë,not a domain",
        f"{today},ROTE-STRAẞE。example,Payroll,Straße,Zoë,xn--rote-strae-e4a.example",
    ]
    path = write_csv(tmp_path / "a.csv", HEADER, rows)
    report, rejects = actions.import_intent(feed=grant.feed, path=path, today=today)
    assert (report.inserted, report.duplicates, rejects) == (2, 1, None)
    found = {(r.domain, r.topic, r.first_name, r.company_domain) for r in records()}
    assert found == {
        ("rote-strasse.example", "Payroll", "Zoë", "not a domain"),
        ("xn--rote-strae-e4a.example", "Payroll", "Zoë", "xn--rote-strae-e4a.example"),
    }


def test_a_record_that_was_stored_as_it_came_is_not_counted_again(
    grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    """Before text was normalized, records were stored and charged with the text of their files."""
    odd = ["Pay\u200broll", "Zoe\u0308 AG", "Zoe\u0308", "Example.COM"]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO feeds_intentrecord (feed_id, observed_on, fingerprint, batch, domain, topic, company_name,"
            " first_name, company_domain) SELECT %s, d, md5(row(d, NULL::bigint, 'x.example', t, NULL::float8, c, NULL,"
            " f, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, e, NULL)::text)::uuid,"
            " 1, 'x.example', t, c, f, e FROM (VALUES (%s::date, %s, %s, %s, %s)) AS given (d, t, c, f, e)",
            [grant.feed_id, today, *odd],
        )
    row = ",".join([str(today), "x.example", *odd])
    path = write_csv(tmp_path / "a.csv", HEADER, [row])
    report, _ = actions.import_intent(feed=grant.feed, path=path, today=today)
    assert (report.inserted, report.duplicates) == (0, 1)
    path = write_csv(tmp_path / "a.csv", HEADER, [row, row.replace("Zoe\u0308,", "Zoë,")])
    report, _ = actions.import_intent(feed=grant.feed, path=path, today=today)
    assert (report.inserted, report.duplicates) == (1, 1)
    report, _ = actions.import_intent(feed=grant.feed, path=path, today=today)
    assert (report.inserted, report.duplicates) == (0, 2)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", dt.date(2026, 3, 1)),
        ("2026-03-01T23:59:59Z", dt.date(2026, 3, 1)),
        ("2026-03-01T23:30:00-02:00", dt.date(2026, 3, 2)),
        ("2026-03-01 10:00:00", dt.date(2026, 3, 1)),
    ],
)
def test_import_takes_the_utc_day_of_a_time(
    grant: FeedGrant, tmp_path: Path, text: str, day: dt.date
) -> None:
    path = write_csv(tmp_path / "a.csv", "observed_on,domain,topic", [f"{text},a.example,t"])
    actions.import_intent(feed=grant.feed, path=path, today=dt.date(2026, 3, 2))
    assert records()[0].observed_on == day


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("observed_on", "2026-02-30", "observed_on is neither a date"),
        ("observed_on", "2026-W10-1", "observed_on is neither a date"),
        ("observed_on", "20260301", "observed_on is neither a date"),
        ("observed_on", "２０２６-03-01", "observed_on is neither a date"),
        ("observed_on", "2026-03-03", "observed_on is in the future"),
        ("observed_on", "1999-12-31", "observed_on is before the year 2000"),
        ("observed_on", "", "observed_on is missing"),
        ("domain", "", "domain is missing"),
        ("domain", "no spaces.example", "domain is not a domain"),
        ("domain", "https://a.example/", "domain is not a domain"),
        ("domain", "x" * 64 + ".example", "domain is not a domain"),
        ("topic", "", "topic is missing"),
        ("topic", "t" * 201, "topic is longer than 200"),
        ("topic", "a\x00b", "topic holds a control character"),
        ("score", "high", "score is not a number"),
        ("score", "NaN", "score is not a number"),
        ("score", "1_000", "score is not a number"),
        ("score", "1e999", "score is not a number"),
        ("contact_id", "id_3F2A8D1B9C0E5F47", "contact_id is not id_"),
        ("contact_id", "id_123", "contact_id is not id_"),
        ("contact_id", "3f2a8d1b9c0e5f47", "contact_id is not id_"),
    ],
)
def test_bad_row_is_rejected_with_line_and_reason(
    grant: FeedGrant, tmp_path: Path, column: str, value: str, reason: str
) -> None:
    good = {
        "observed_on": "2026-03-01",
        "domain": "a.example",
        "topic": "t",
        "score": "1",
        "contact_id": "",
    }
    rows = [good, good | {column: value}, good | {"domain": "b.example"}]
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(good))
        writer.writeheader()
        writer.writerows(rows)
    report, reject_path = actions.import_intent(
        feed=grant.feed, path=path, today=dt.date(2026, 3, 2)
    )
    assert (report.inserted, report.duplicates, report.rejected) == (2, 0, 1)
    assert reject_path == tmp_path / "a.csv.rejects.csv"
    with reject_path.open(newline="") as stream:
        (entry,) = csv.DictReader(stream)
    assert entry["line"] == "3"
    assert entry["reason"].startswith(reason)


def test_same_rows_in_any_format_are_the_same_records(
    grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    names = ["observed_on", "domain", "topic", "score", "contact_id", "first_name"]
    rows = [
        [str(today), f"c{n}.example", "t", n, f"id_{n:016x}" if n % 2 else None, "Ann"]
        for n in range(100)
    ]
    as_text = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    write_csv(tmp_path / "a.csv", ",".join(names), as_text)
    lines = [json.dumps(dict(zip(names, row, strict=True))) for row in rows]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    columns["observed_on"] = pa.array([today] * 100, pa.date32())
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    reports = [
        actions.import_intent(feed=grant.feed, path=tmp_path / f"a.{suffix}", today=today)[0]
        for suffix in ("csv", "jsonl", "parquet")
    ]
    assert [(report.inserted, report.duplicates) for report in reports] == [
        (100, 0),
        (0, 100),
        (0, 100),
    ]
    assert IntentBatch.objects.count() == 1, "an import that brings nothing moves no watermark"


def test_rows_that_differ_in_any_column_are_different_records(
    grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    header = "observed_on,domain,topic,score,first_name"
    rows = [
        f"{today},a.example,t,1,Ann",
        f"{today},a.example,t,1,Bea",
        f"{today},a.example,t,2,Ann",
        f"{today},a.example,t,1,Ann",
    ]
    report, _ = actions.import_intent(
        feed=grant.feed, path=write_csv(tmp_path / "a.csv", header, rows), today=today
    )
    assert (report.inserted, report.duplicates) == (3, 1)


def test_same_rows_in_another_feed_are_its_own(
    grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    other = actions.create_feed(name="Other")
    rows = [line(today, n) for n in range(10)]
    assert fill(grant.feed, tmp_path, rows, today=today).inserted == 10
    assert fill(other, tmp_path, rows, today=today).inserted == 10


def recount(feed: Feed) -> tuple[list[tuple[dt.date, int, int]], list[tuple[str, dt.date, int]]]:
    """Return daily sums and last-seen counts as a full scan of the records gives them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT observed_on, count(*), count(contact_key) FROM feeds_intentrecord WHERE feed_id = %s"
            " GROUP BY 1 ORDER BY 1",
            [feed.pk],
        )
        days = cursor.fetchall()
        cursor.execute(
            "SELECT 'contact', last, count(*) FROM (SELECT max(observed_on) AS last FROM feeds_intentrecord"
            " WHERE feed_id = %(f)s AND contact_key IS NOT NULL GROUP BY contact_key) c GROUP BY last"
            " UNION ALL SELECT 'domain', last, count(*) FROM (SELECT max(observed_on) AS last FROM feeds_intentrecord"
            " WHERE feed_id = %(f)s GROUP BY domain) d GROUP BY last ORDER BY 1, 2",
            {"f": feed.pk},
        )
        return days, cursor.fetchall()


def stored(feed: Feed) -> tuple[list[tuple[dt.date, int, int]], list[tuple[str, dt.date, int]]]:
    days = list(
        FeedDay.objects.filter(feed=feed)
        .order_by("day")
        .values_list("day", "record_count", "with_contact_count")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, day, count FROM feeds_feedlastseen WHERE feed_id = %s AND count <> 0 ORDER BY 1, 2",
            [feed.pk],
        )
        return days, cursor.fetchall()


def test_sums_equal_a_recount_after_overlapping_imports(
    grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    fill_days(grant.feed, tmp_path, today=today, days=20, per_day=40)
    # Late rows for old days, known contacts seen again later and earlier, duplicates of what is there.
    rows = [
        line(today - dt.timedelta(days=n % 30), n % 300, topic=f"Topic {n % 7}") for n in range(900)
    ]
    fill(grant.feed, tmp_path, rows, today=today, name="late.csv")
    fill(grant.feed, tmp_path, rows, today=today, name="late.csv")
    assert stored(grant.feed) == recount(grant.feed)
    assert sum(topic.record_count for topic in queries.list_topics(feed=grant.feed)) == len(
        records()
    )


def test_missing_column_is_named(grant: FeedGrant, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no column domain, topic"):
        actions.import_intent(
            feed=grant.feed,
            path=write_csv(tmp_path / "a.csv", "observed_on,score", ["2026-01-01,1"]),
        )


def test_command_prints_counts_and_reject_file(
    grant: FeedGrant, tmp_path: Path, capsys: pytest.CaptureFixture[str], today: dt.date
) -> None:
    path = write_csv(
        tmp_path / "a.csv", "observed_on,domain,topic", [f"{today},a.example,t", "x,b.example,t"]
    )
    call_command("import_intent", str(path), feed=str(grant.feed.public_id))
    out = capsys.readouterr().out
    assert "1 rows imported, 0 were there already, 1 rejected" in out
    assert str(tmp_path / "a.csv.rejects.csv") in out


def test_command_names_an_unknown_feed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "observed_on,domain,topic", [])
    with pytest.raises(CommandError, match="no such feed"):
        call_command("import_intent", str(path), feed="00000000-0000-0000-0000-000000000000")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["import_staged", "import_before_commit"])
def test_killed_import_leaves_nothing(
    grant: FeedGrant, tmp_path: Path, today: dt.date, place: str
) -> None:
    path = write_csv(
        tmp_path / "a.csv",
        "observed_on,domain,topic",
        [f"{today},c{n}.example,t" for n in range(500)],
    )
    words = ("import_intent", "--feed", grant.feed.public_id, path)
    killed = run_command(*words, failpoints=f"{place}:kill")
    assert killed.wait() == -signal.SIGKILL, killed.said()
    assert not records()
    assert not FeedDay.objects.exists()
    assert run_command(*words).wait() == 0
    assert len(records()) == 500
    assert stored(grant.feed) == recount(grant.feed)


@pytest.mark.django_db(transaction=True)
def test_concurrent_imports_into_one_feed_keep_sums_and_watermarks_exact(
    grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    def importer(number: int) -> object:
        rows = [
            line(today - dt.timedelta(days=n % 5), number * 150 + n) for n in range(200)
        ]  # a quarter overlaps
        return fill(grant.feed, tmp_path, rows, today=today, name=f"{number}.csv")

    reports = race([lambda n=n: importer(n) for n in range(6)])  # type: ignore[misc]
    assert sum(report.inserted for report in reports) == len(records()) == 950
    assert stored(grant.feed) == recount(grant.feed)
    batches = list(IntentBatch.objects.order_by("number").values_list("number", flat=True))
    assert batches == list(range(1, 7))

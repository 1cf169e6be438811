"""Load a scratch database with 1,000,000 intent records and 500,000 contacts, and measure.

`python -m tests.bench [--rows N] [--contacts N] [--searched N …] [--exported N] [--records N]
[--only searches|vendors|catalog-exports|matching|lists|provenance]`. Postgres runs with its
durable settings; nothing else of the machine is touched, and everything is removed at the end.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from contacthub.core import embedded


def main() -> None:
    """Start the servers, then hand over to the measurements, which need Django set up."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="intent records")
    parser.add_argument("--contacts", type=int, default=500_000)
    parser.add_argument(
        "--searched",
        type=int,
        nargs="+",
        default=[500_000, 2_000_000],
        help="sizes at which contacts are searched",
    )
    parser.add_argument(
        "--exported", type=int, default=1_000_000, help="contacts that are exported as files"
    )
    parser.add_argument(
        "--records", type=int, default=1_000_000, help="intent records behind the lists"
    )
    parser.add_argument(
        "--only",
        choices=["searches", "vendors", "catalog-exports", "matching", "lists", "provenance"],
        help="measure nothing else",
    )
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="contacthub-bench-"))
    postgres = embedded.start_postgres(folder / "postgres")
    try:
        os.environ |= {
            "DATABASE_URL": postgres.url,
            "CONTACTHUB_VAR": str(folder / "var"),
            "DJANGO_SETTINGS_MODULE": "contacthub.settings",
            "WHITENOISE_USE_FINDERS": "1",
            "SECRET_KEY": "bench",
            "LOG_LEVEL": "WARNING",
        }
        import django

        django.setup()
        from tests.bench.measurements import Bench

        bench = Bench(folder, rows=arguments.rows, contacts=arguments.contacts)
        try:
            if arguments.only is None:
                bench.run()
            if arguments.only in (None, "vendors"):
                bench.measure_vendors()
            if arguments.only in (None, "searches"):
                bench.measure_contact_searches(arguments.searched)
            if arguments.only in (None, "catalog-exports"):
                bench.measure_catalog_exports(arguments.exported)
            if arguments.only in (None, "matching"):
                bench.measure_matching(arguments.contacts)
            if arguments.only == "provenance":
                bench.measure_provenance(arguments.contacts)
            if arguments.only == "lists":
                bench.measure_lists(arguments.contacts, arguments.records)
        finally:
            bench.close()
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

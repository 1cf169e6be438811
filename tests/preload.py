"""What every forked worker needs, loaded once. See `tests/workers.py`."""

from importlib import import_module

import django

django.setup()
for module in (
    "tests.workers",
    "contacthub.contact_jobs.runner",
    "contacthub.enrichment.runner",
    "contacthub.exports.runner",
    "contacthub.sourcing.bulk.runner",
):
    import_module(module)

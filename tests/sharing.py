"""Which tests go to the same worker of `pytest -n`: those of a file, and those that share a whole running system.

A pytest plugin (`-p tests.sharing`). Such a system takes ten seconds of a processor to make; scattered over the workers
its tests would have it made once in each. What takes minutes goes first: no worker waits for another at the end.
"""

import os
from fnmatch import fnmatch
from types import MappingProxyType
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

SYSTEMS = MappingProxyType(
    {
        "a vendor's exports": ("tests/vendor_feeds/*",),
        "a vendor's bulk jobs": ("tests/sourcing/bulk/*",),
        "vendors to ask": (
            "tests/sourcing/live/*",
            "tests/enrichment/test_person_lookups.py",
            "tests/enrichment/test_waterfall.py",
        ),
        "the guides' programs": (
            "tests/api/test_gateway.py",
            "tests/api/test_http.py",
            "tests/api/test_rates.py",
            "tests/api/*/test_guide.py",
        ),
    }
)


# What takes longest, in this order.
FIRST = ("tests/demo/test_run.py", "tests/vendor_feeds/*", "tests/sourcing/bulk/*")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the longest begin, where several processes share the tests."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    path = item.nodeid.partition("::")[0]
    return next((i for i, each in enumerate(FIRST) if fnmatch(path, each)), len(FIRST))


class _BySystem(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        shared = (
            name for name, files in SYSTEMS.items() if any(fnmatch(path, each) for each in files)
        )
        return next(shared, path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _BySystem:
    """Return the scheduler of `pytest -n`."""
    return _BySystem(config, log)

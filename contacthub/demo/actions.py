"""Fill an instance with the made-up world. Each step looks first, so that a second start finishes the first."""

import datetime as dt
import shutil
from pathlib import Path

from contacthub.demo import catalog, sandbox
from contacthub.demo.accounts import make_accounts
from contacthub.demo.folder import Folder
from contacthub.demo.history import make_history
from contacthub.demo.logins import read_log_ins, write_log_ins
from contacthub.demo.people import TENANTS, VENDOR
from contacthub.demo.world.feeds import FEEDS, VENDOR_FEEDS


def load_demo(
    *,
    folder: Folder,
    base_url: str,
    today: dt.date,
    scale: float = 1.0,
    has_sandbox: bool = False,
) -> None:
    """Make organizations, people, keys, feeds, contacts, intent records and some past exports where they are missing.

    `scale` is the share of contacts and records to make: 1 is 50,000 and 200,000. `has_sandbox`: with a vendor that
    acme is connected to at `base_url`, which must be this instance and an address that may be called.
    What a person has changed since stays as it is, except the shown passwords: those are what `demo.json` says.
    Takes half a minute the first time, a second afterwards.
    """
    log_ins = read_log_ins(folder.log_ins)
    make_accounts(log_ins, (*TENANTS, VENDOR) if has_sandbox else TENANTS)
    write_log_ins(folder.log_ins, log_ins, base_url=base_url)
    catalog.make_feeds()
    if has_sandbox:
        catalog.make_feeds(VENDOR_FEEDS)
        sandbox.connect(key=log_ins.api_keys[VENDOR.slug], base_url=base_url)
    _fill(folder.path / "demo-data", today=today, scale=scale, has_sandbox=has_sandbox)
    make_history(today=today)


def _fill(files: Path, *, today: dt.date, scale: float, has_sandbox: bool) -> None:
    """Import the contacts and records that are not in yet."""
    needs_contacts = not catalog.has_contacts(today, scale=scale)
    needs_vendor = has_sandbox and not catalog.has_vendor_contacts()
    plans = (*FEEDS, *VENDOR_FEEDS) if has_sandbox else FEEDS
    if needs_contacts or needs_vendor or not all(map(catalog.has_records, plans)):
        staff = catalog.draw_staff(today, scale=scale)
        abroad = catalog.draw_vendor_staff(today, scale=scale, taken=staff)
        additions = None
        if needs_contacts:
            additions = catalog.fill_contacts(files, staff, today=today)
        if needs_vendor:
            if additions is None:
                additions = catalog.find_additions(staff, today=today)
            catalog.fill_vendor_contacts(files, additions, abroad, today=today)
        catalog.fill_feeds(files, FEEDS, staff, today=today, scale=scale)
        if has_sandbox:
            catalog.fill_feeds(files, VENDOR_FEEDS, staff | abroad, today=today, scale=scale)
    if not catalog.has_own_contacts():
        catalog.fill_own_contacts(files, today=today)
    shutil.rmtree(files, ignore_errors=True)

"""Fill an instance with the made-up world. Each step looks first, so that a second start finishes the first."""

import datetime as dt
import shutil

from contacthub.demo import catalogue
from contacthub.demo.accounts import make_accounts
from contacthub.demo.folder import Folder
from contacthub.demo.history import make_history
from contacthub.demo.logins import read_log_ins, write_log_ins
from contacthub.demo.world.feeds import FEEDS


def load_demo(*, folder: Folder, base_url: str, today: dt.date, scale: float = 1.0) -> None:
    """Make organizations, people, keys, feeds, contacts, intent records and some past exports where they are missing.

    `scale` is the share of contacts and records to make: 1 is 50,000 and 200,000.
    What a person has changed since stays as it is, except the shown passwords: those are what `demo.json` says.
    Takes half a minute the first time, a second afterwards.
    """
    log_ins = read_log_ins(folder.log_ins)
    make_accounts(log_ins)
    write_log_ins(folder.log_ins, log_ins, base_url=base_url)
    catalogue.make_feeds()
    files = folder.path / "demo-data"
    needs_contacts = not catalogue.has_contacts(today, scale=scale)
    if needs_contacts or not all(map(catalogue.has_records, FEEDS)):
        staff = catalogue.draw_staff(today, scale=scale)
        if needs_contacts:
            catalogue.fill_contacts(files, staff, today=today)
        catalogue.fill_feeds(files, staff, today=today, scale=scale)
    make_history(today=today)
    shutil.rmtree(files, ignore_errors=True)

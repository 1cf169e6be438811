"""What each role may see and do: one table, which every view checks and which people read on their profile.

A line without a right holds for every member of an organization; a view needs nothing for it but `access.member()`.
Programs have no role: a key's scopes say what it may read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models


class Right(models.TextChoices):
    """What a role may see or do beyond what every member may."""

    VALUES = "values", "See e-mails, phones and profiles, masked"
    SEARCH = "search", "Run searches and make lists"
    EXPORT = "export", "Export rows and download files"
    REVEAL = "reveal", "See personal values"
    ENRICH = "enrich", "Look up and enrich contacts"
    MANAGE = "manage", "Manage members, keys, feeds and limits"
    OWN = "own", "Appoint owners"


class Role(models.TextChoices):
    """From all rights to looking only."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"


# Each role may do what those before it may.
ORDER = (Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER)
# What a role means, in one line for the people who choose one.
SUMMARIES: dict[str, str] = {
    Role.OWNER: "Everything an admin can do, and appoint owners",
    Role.ADMIN: "Manage members, keys, feeds and limits, and everything a member can do",
    Role.MEMBER: "Search, export, enrich and see personal values",
    Role.VIEWER: "See feeds, counts and names; no e-mails, phones or files",
}


@dataclass(frozen=True)
class Line:
    """Something to see or to do, the first role that may, and the table's words for those that may and may not."""

    words: str
    least: Role
    right: Right | None = None
    yes: str = "Yes"
    no: str = "No"

    def is_open_to(self, role: str) -> bool:
        """Return whether a role may."""
        return ORDER.index(Role(role)) >= ORDER.index(self.least)

    def cells(self) -> Iterator[tuple[str, str, bool]]:
        """Yield for each role, the widest first, its name, what the table says and whether that is a yes."""
        for role in reversed(ORDER):
            is_open = self.is_open_to(role)
            yield str(role.label), self.yes if is_open else self.no, is_open


TABLE = (
    Line("Feeds, previews, counts, and the rows left to export", Role.VIEWER),
    Line("Saved searches, exports and jobs, each with its history; shared lists", Role.VIEWER),
    Line(
        "Names, job titles, companies and countries of contacts, also in the rows of exports",
        Role.VIEWER,
        yes="In full",
    ),
    Line(
        "E-mails, phones, profiles and addresses, also in the rows of exports; finding contacts by them",
        Role.MEMBER,
        Right.VALUES,
        yes="Masked",
        no="Blocked",
    ),
    Line("One such value in full; each reveal is logged", Role.MEMBER, Right.REVEAL),
    Line(
        "Run and save searches and views; make, fill, combine and share lists",
        Role.MEMBER,
        Right.SEARCH,
    ),
    Line(
        "Export rows, which spends them, and download files, which hold personal values in full",
        Role.MEMBER,
        Right.EXPORT,
    ),
    Line(
        "Vendors: their answers, searches there, lookups, lists to enrich with results, pulls",
        Role.MEMBER,
        Right.ENRICH,
    ),
    Line(
        "Members, API keys, connections, webhooks, limits, the ledger and the audit log",
        Role.ADMIN,
        Right.MANAGE,
    ),
    Line("Appoint, change and remove owners", Role.OWNER, Right.OWN),
)
RIGHTS: dict[str, frozenset[Right]] = {
    role: frozenset(line.right for line in TABLE if line.right and line.is_open_to(role))
    for role in Role
}

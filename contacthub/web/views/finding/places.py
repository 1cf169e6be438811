"""Pages and actions that the search of the top bar leads to, each with the right that it needs."""

from dataclasses import dataclass

from django.urls import reverse

from contacthub.core.matching import matches
from contacthub.organizations.models import Membership
from contacthub.organizations.rights import Right
from contacthub.web.views.finding.found import Found


@dataclass(frozen=True)
class Place:
    """A page: its name, other words by which people look for it, and who may open it."""

    name: str
    url_name: str
    icon: str
    words: str = ""
    right: Right | None = None


PAGES = (
    Place("Home", "home", "home", "start dashboard"),
    Place("Intent feeds", "feed-list", "wave-sine", "topics signals"),
    Place("Saved searches", "search-list", "bookmark", "windows"),
    Place("Contacts", "contact-list", "users", "people persons"),
    Place("Companies", "company-list", "building", "accounts firms"),
    Place("Lists", "list-list", "list-details", "segments members"),
    Place("Enrichment", "enrichment-list", "sparkles", "look up waterfall"),
    Place("Exports", "export-list", "file-export", "files downloads"),
    Place("Jobs of programs", "contact-job-list", "file-export", "contact jobs bulk"),
    Place("Pulls", "pull-list", "download", "vendor bulk", Right.ENRICH),
    Place("Profile", "settings-profile", "user", "settings theme name"),
    Place("Password", "account_change_password", "lock", "settings change"),
    Place("API reference", "reference", "code", "documentation openapi protocols"),
    Place("Members", "settings-members", "users", "settings roles people invite", Right.MANAGE),
    Place("API keys", "settings-keys", "key", "settings tokens programs", Right.MANAGE),
    Place("Connections", "settings-connections", "settings", "settings vendors credentials", Right.MANAGE),
    Place("Feeds and quotas", "settings-feeds", "gauge", "settings limits ledger rows", Right.MANAGE),
    Place("Waterfall", "settings-waterfall", "settings", "settings vendors order", Right.MANAGE),
    Place("Webhooks", "settings-webhooks", "settings", "settings messages deliveries", Right.MANAGE),
    Place("Audit log", "settings-audit", "history", "settings who did what", Right.MANAGE),
)  # fmt: skip
ACTIONS = (
    Place("Look up a contact", "contact-lookup", "fingerprint", "find id", Right.VALUES),
    Place("Enrich a list", "enrichment-new", "sparkles", "upload paste file new enrichment", Right.ENRICH),
    Place("Pull contacts from a vendor", "pull-new", "download", "new import bulk", Right.ENRICH),
    Place("Invite a member", "settings-member-invite", "user-plus", "new person add user", Right.MANAGE),
    Place("Create an API key", "settings-key-create", "key", "new token program", Right.MANAGE),
)  # fmt: skip


def find_pages(membership: Membership, text: str) -> list[Found]:
    """Return the pages that a text names, as far as the person may open them."""
    return _find(PAGES, membership, text)


def find_actions(membership: Membership, text: str) -> list[Found]:
    """Return the actions that a text names, as far as the person may do them."""
    return _find(ACTIONS, membership, text)


def _find(places: tuple[Place, ...], membership: Membership, text: str) -> list[Found]:
    return [
        Found(each.name, reverse(each.url_name), each.icon)
        for each in places
        if matches(text, each.name, each.words)
        and (each.right is None or membership.has_right(each.right))
    ]

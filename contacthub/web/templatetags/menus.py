"""The menu of the settings: what there is to set, and which page of it this is."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.template import Library, RequestContext

from contacthub.organizations.models import Membership
from contacthub.organizations.rights import Right

register = Library()


@dataclass(frozen=True)
class MenuItem:
    """One entry; it is current on its own page, and on those whose name begins with `below`."""

    label: str
    url_name: str
    below: str = ""
    is_current: bool = False

    def at(self, url_name: str) -> "MenuItem":
        """Return the entry as the page of this name shows it."""
        is_below = bool(self.below) and url_name.startswith(self.below)
        return MenuItem(
            self.label, self.url_name, self.below, is_below or url_name == self.url_name
        )


@dataclass(frozen=True)
class MenuGroup:
    """Entries below one heading."""

    heading: str
    items: tuple[MenuItem, ...]

    def at(self, url_name: str) -> "MenuGroup":
        """Return the group as the page of this name shows it."""
        return MenuGroup(self.heading, tuple(item.at(url_name) for item in self.items))


ME = (
    MenuItem("Profile", "settings-profile"),
    MenuItem("Password", "account_change_password"),
)
ORGANIZATION = (
    MenuItem("Members", "settings-members", "settings-member"),
    MenuItem("API keys", "settings-keys", "settings-key"),
    MenuItem("Connections", "settings-connections", "settings-connection"),
    MenuItem("Feeds and quotas", "settings-feeds", "settings-feed"),
    MenuItem("Waterfall", "settings-waterfall"),
    MenuItem("Webhooks", "settings-webhooks", "settings-webhook"),
    MenuItem("Audit log", "settings-audit"),
)
PROGRAMS = (MenuItem("API reference", "reference"),)


@register.simple_tag(takes_context=True)
def settings_menu(context: RequestContext) -> list[MenuGroup]:
    """Return what the person may set, by group."""
    request: HttpRequest = context["request"]
    here = request.resolver_match.url_name if request.resolver_match else ""
    # No rights if the person belongs to no organization, which still lets them change their password.
    membership: Membership | None = getattr(request, "membership", None)
    groups = [MenuGroup("Me", ME)]
    if membership is not None and membership.has_right(Right.MANAGE):
        groups.append(MenuGroup(membership.organization.name, ORGANIZATION))
    groups.append(MenuGroup("Programs", PROGRAMS))
    return [group.at(here or "") for group in groups]

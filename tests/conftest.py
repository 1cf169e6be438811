"""The cast: alice (admin of acme), bob (member of acme), charlie (globex, who must see nothing of acme's)."""

import datetime as dt
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from contacthub.core import clock, object_storage
from contacthub.core.database_roles import APP_ROLE
from contacthub.core.tenancy import across_organizations
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.models import FeedGrant
from contacthub.organizations import actions
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Membership, Organization, User
from tests import emptying
from tests.enrichment.vendor import facade as facade  # of searches there and of enrichment
from tests.stack import make_template

if TYPE_CHECKING:
    from tests.object_server import ObjectServer

PASSWORD = "a long enough password"


def make_user(organization: Organization, name: str, role: str) -> User:
    """Make a person who can sign in with PASSWORD."""
    user, _ = actions.create_user(
        organization=organization,
        email=f"{name.lower()}@{organization.slug}.example",
        name=name,
        role=role,
        password=PASSWORD,
    )
    return user


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy the tests' own database from one with all tables: making them takes ten seconds in each process."""
    server_url, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    if os.environ.get("TESTS_OWN_POSTGRES"):
        django_settings.DATABASES["default"]["TEST"]["TEMPLATE"] = make_template(server_url)


@pytest.fixture(autouse=True, scope="session")
def quick_emptying() -> Iterator[None]:
    """Empty the tables after a test faster than Django does."""
    with emptying.quickly():
        yield


@pytest.fixture(autouse=True)
def plain_role(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run as the role that row policies bind, as programs do: code that forgets to say for whom finds no rows.

    Not where transactions end for real, because emptying the tables afterwards is their owner's; nor on a server that
    stays, which may have no such role.
    """
    marker = request.node.get_closest_marker("django_db")
    is_undone = marker and not marker.kwargs.get("transaction")
    is_owner = request.node.get_closest_marker("tables_owner")
    if not is_undone or is_owner or not os.environ.get("TESTS_OWN_POSTGRES"):
        yield
        return
    request.getfixturevalue("db")
    # What a test does itself is for all organizations; each request begins with nobody's rows.
    with across_organizations():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
        yield


@pytest.fixture(autouse=True)
def fast_ground(settings: Any) -> None:
    """Hash passwords cheaply, and look static files up only where one is asked for, not for every new client."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def acme(db: None) -> Organization:
    return actions.create_organization(slug="acme", name="Acme Revenue")


@pytest.fixture
def globex(db: None) -> Organization:
    return actions.create_organization(slug="globex", name="Globex")


@pytest.fixture
def alice(acme: Organization) -> User:
    return make_user(acme, "Alice", Membership.Role.ADMIN)


@pytest.fixture
def bob(acme: Organization) -> User:
    return make_user(acme, "Bob", Membership.Role.MEMBER)


@pytest.fixture
def vera(acme: Organization) -> User:
    """A viewer of acme: looks, and may do nothing."""
    return make_user(acme, "Vera", Membership.Role.VIEWER)


@pytest.fixture
def olga(acme: Organization) -> User:
    return make_user(acme, "Olga", Membership.Role.OWNER)


@pytest.fixture
def charlie(globex: Organization) -> User:
    return make_user(globex, "Charlie", Membership.Role.OWNER)


@pytest.fixture
def as_bob(bob: User) -> Actor:
    return Actor.of(bob)


@pytest.fixture
def today() -> dt.date:
    return clock.today()


def sign_in(user: User) -> Client:
    """Return a browser-like client signed in as `user`."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def grant(acme: Organization) -> FeedGrant:
    """A feed that acme may use: 90 days, PII but no business info, 1,000 rows."""
    feed = feed_actions.create_feed(name="Cloud cost", description="FinOps, idle resources")
    return feed_actions.grant_feed(
        feed=feed, organization=acme, lookback_days=90, export_row_limit=1000, pii=True
    )


def write_csv(path: Path, header: str, rows: list[str]) -> Path:
    """Write a CSV file and return its path."""
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


# --- Object storage -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def object_server() -> Iterator["ObjectServer"]:
    # Loading it takes a second, which only these tests need.
    from tests.object_server import ObjectServer

    with ObjectServer() as server:
        yield server


@pytest.fixture
def objects(
    object_server: "ObjectServer", settings: Any, monkeypatch: pytest.MonkeyPatch
) -> "ObjectServer":
    """Keep fragments in an empty bucket, and be impatient with it."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    object_server.new_bucket(name)
    settings.FRAGMENT_STORE = [f"s3://{name}/hub"]
    settings.FRAGMENT_STORE_ENDPOINT = object_server.url
    settings.FRAGMENT_STORE_KEY_ID, settings.FRAGMENT_STORE_SECRET = "key", "secret"
    monkeypatch.setattr(object_storage, "REQUEST_SECONDS", 2.0)
    monkeypatch.setattr(object_storage, "DELETE_SECONDS", 1.0)
    monkeypatch.setattr(object_storage, "RETRIES", 1)
    return object_server

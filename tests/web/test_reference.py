"""The reference pages, and the twin call on a page."""

import shlex

import pytest
from django.conf import settings

from contacthub.credentials.scopes import PROTOCOLS
from contacthub.feeds.models import FeedGrant
from contacthub.organizations.models import User
from contacthub.web.calls import Call
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_has_a_page_that_names_its_document(bob: User, protocol: str) -> None:
    page = sign_in(bob).get(f"/reference/{protocol}/")
    assert page.status_code == 200
    assert f'data-document="/openapi/{protocol}.json"' in page.content.decode()


def test_unknown_protocol_is_404(bob: User) -> None:
    assert sign_in(bob).get("/reference/gopher/").status_code == 404


def test_feed_page_offers_its_own_call(bob: User, grant: FeedGrant) -> None:
    page = sign_in(bob).get(f"/feeds/{grant.feed.public_id}/?days=14").content.decode()
    assert "curl http" in page
    assert "&quot;lookback_days&quot;: 14" in page


def test_curl_survives_any_shell_character() -> None:
    call = Call("letrics", "/api/contacts", {"job_titles": ["it's $HOME `ls`"]})
    words = shlex.split(call.curl.replace("\\\n", " "))
    assert words[1] == f"{settings.BASE_URL}/api/contacts"
    assert words[-1] == '{"job_titles": ["it\'s $HOME `ls`"]}'
    assert "Authorization: Bearer $CONTACTHUB_KEY" in words


def test_python_compiles_and_names_no_key() -> None:
    call = Call("contactbased", "/organization/feeds", query={"a": "b c"})
    compile(call.python, "call.py", "exec")
    assert "/organization/feeds?a=b+c" in call.python
    assert 'os.environ["CONTACTHUB_KEY"]' in call.python

"""Which id a request has in the logs."""

import uuid
from typing import Any

import pytest
from django.test import RequestFactory

from contacthub.web.request_log import choose_request_id


def chosen(given: str) -> str:
    return choose_request_id(RequestFactory().get("/", headers={"X-Request-Id": given}))


@pytest.mark.parametrize(
    "given", ["a", "0b9e6a3e-1c1d-4c55-9d3c-6f0f4f6d2f10", "A.b_c-" + "9" * 58]
)
def test_id_of_our_own_proxy_is_kept(settings: Any, given: str) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    assert chosen(given) == given


@pytest.mark.parametrize(
    "given",
    ["", "a b", "a\nb", "<b>", "anna@acme.example", "x" * 65, "\u0661", "a\n", "{a}", "%0a", "a/b"],
)
def test_anything_else_gets_a_new_one(settings: Any, given: str) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    assert chosen(given) != given
    assert uuid.UUID(chosen(given)).version == 4


def test_id_of_a_stranger_is_not_believed(settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 0
    assert chosen("abc") != "abc"

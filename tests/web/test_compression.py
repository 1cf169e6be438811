"""Text travels compressed: files in Brotli and gzip, pages in gzip where nobody can measure them. Downloads do not."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client

from contacthub.organizations.models import User
from contacthub.web.compression import PageCompressionMiddleware
from tests.conftest import sign_in

OWN = {"Accept-Encoding": "gzip, deflate, br", "Sec-Fetch-Site": "same-origin"}


def pass_on(response: HttpResponse | StreamingHttpResponse) -> HttpResponse | StreamingHttpResponse:
    request = HttpRequest()
    request.META.update(HTTP_ACCEPT_ENCODING="gzip", HTTP_SEC_FETCH_SITE="same-origin")
    return PageCompressionMiddleware(lambda _: response)(request)


@pytest.mark.django_db
@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_visit_gets_the_page_compressed(olga: User, site: str) -> None:
    plain = sign_in(olga).get("/feeds/")
    page = sign_in(olga).get("/feeds/", headers=OWN | {"Sec-Fetch-Site": site})
    assert page["Content-Encoding"] == "gzip"
    assert b"<h1" in gzip.decompress(page.content)
    assert len(page.content) < len(plain.content) / 2
    assert {"Accept-Encoding", "Sec-Fetch-Site"} <= set(page["Vary"].split(", "))


@pytest.mark.django_db
@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
def test_page_that_somebody_else_asked_for_is_not_compressed(
    client: Client, site: str | None
) -> None:
    """Its length must not say how much of it repeats what they made the browser send."""
    headers = OWN | ({"Sec-Fetch-Site": site} if site else {})
    if site is None:
        del headers["Sec-Fetch-Site"]
    page = client.get("/accounts/login/", headers=headers)
    assert "Content-Encoding" not in page
    assert {"Accept-Encoding", "Sec-Fetch-Site"} <= set(page["Vary"].split(", "))


def test_length_of_a_page_varies_from_visit_to_visit() -> None:
    lengths = {
        len(pass_on(HttpResponse("the same page, again and again; " * 99)).content)
        for _ in range(40)
    }
    assert len(lengths) > 5


def test_download_is_left_alone() -> None:
    """Its length, tag, digest and ranges are those of the file, whatever its type."""
    for kind in ("text/html", "text/csv", "application/x-ndjson"):
        file = StreamingHttpResponse([b"row\n" * 500], content_type=kind)
        file["Content-Length"] = "2000"
        file["ETag"] = '"tag"'
        passed = pass_on(file)
        assert (passed["Content-Length"], passed["ETag"]) == ("2000", '"tag"')
        assert not {"Content-Encoding", "Vary"} & set(passed.headers)


def test_answers_that_are_no_pages_are_left_alone() -> None:
    for kind in ("application/json", "text/csv; charset=utf-8", "application/gzip"):
        assert "Content-Encoding" not in pass_on(HttpResponse("x" * 5000, content_type=kind))


def test_collected_files_stand_ready_in_brotli_and_gzip(tmp_path: Path) -> None:
    """As in the image and in the demo; and nothing is collected that no page loads."""
    environment = {k: v for k, v in os.environ.items() if k != "WHITENOISE_USE_FINDERS"}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        env=environment | {"STATIC_ROOT": str(tmp_path)},
        check=True,
    )
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    names = {str(path.relative_to(tmp_path)) for path in files}
    text = [name for name in names if name.endswith((".css", ".js"))]
    assert len(text) > 3
    for name in text:
        assert {f"{name}.br", f"{name}.gz"} <= names or (tmp_path / name).stat().st_size < 200
    assert not [name for name in names if "redoc" in name or name.endswith((".map.br", ".map.gz"))]

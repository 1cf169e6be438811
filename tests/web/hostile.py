"""Requests that no form of ours sends: which parameters the pages read, and what an attacker puts into them.

Nothing here lists a parameter. The names are those that views, forms and libraries look up while a page is made (see
`record_reads`) and those that stand in the forms and links of the pages, so a new one is tried without being named.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.datastructures import MultiValueDict

# One value of each kind that a scalar reader may stumble over, as it stands in an address: percent-encoded.
VALUES = (
    "",
    "%00",
    "7%00",
    "9" * 18,
    "9" * 5000,
    "-1",
    "0",
    "1e999",
    "NaN",
    "inf",
    quote("٣"),
    "9999-12-31",
    "0001-01-01",
    "0000-00-00",
    "9999-12-31T23:59:59.999999-23:59",
    "%ED%A0%80",
    "%FF%FE",
    quote("http://[evil", safe=""),
    quote("//[evil/..%2f", safe=""),
    quote("\"'><script>alert(1)</script>{{7*7}}%s%n", safe=""),
    "x" * 5000,
    quote("%E2%80%AE\u200b\ufeff\U0001f600", safe=""),
    quote('[{"a": [1]}]', safe=""),
    "00000000-0000-0000-0000-00000000000g",
    "00000000-0000-0000-0000-000000000000",
    quote("a;b,c\r\nSet-Cookie: x=y", safe=""),
)
# More for parts of paths, which Django's converters read.
PATHS = ("+447", "7.0", quote("١٢"), "A" * 36, quote("{" + "0" * 32 + "}"))
HEADERS = {
    "HTTP_HX_CURRENT_URL": ("http://[evil", "http://[::1]evil/", "http://testserver/\udcff?%", "x" * 9000),
    "HTTP_REFERER": ("http://[evil", "http://testserver:bad/", "\x00", "//[evil/"),
    "HTTP_HOST": ("[evil", "testserver:bad", "testserver, evil", "", "x" * 300, "t\u00e9st"),
    "HTTP_ORIGIN": ("http://[evil", "null", "http://testserver:bad"),
    "HTTP_ACCEPT_LANGUAGE": ("x" * 9000, "en;q=nan", "*" * 50, "de-\x00", ",".join(["a"] * 3000)),
    "HTTP_ACCEPT": ("x" * 9000, "text/html;q=inf", "*/*;;;=", "\x00"),
    "HTTP_COOKIE": (
        "contacthub_session=%00; contacthub_csrf=%00; messages=%00",
        "contacthub_session=" + "x" * 5000,
        "contacthub_csrf=\u00ff\u00fe; messages=W1siX19qc29uX21lc3NhZ2UiXQ:1:x",
        "messages=" + "[" * 5000,
        ";;;=; =; \x00",
        'contacthub_session="\\000aaaaaaaaaaaaaaaaaaaa"; contacthub_csrf="\\000a"; messages="\\000"',
    ),
    "HTTP_X_CSRFTOKEN": ("\x00", "x" * 5000, "\u00ff"),
    "HTTP_X_FORWARDED_FOR": ("1.2.3.4:5678", "unknown", "\x00", "," * 500, "::ffff:999.1.1.1"),
    "HTTP_X_REQUEST_ID": ("\x00", "x" * 5000, "%s{}"),
    "HTTP_RANGE": ("bytes=" + "9" * 5000 + "-", "bytes=-", "bytes=a-b", "x" * 500),
    "HTTP_IF_NONE_MATCH": ("\x00", 'W/"', "*"),
    "HTTP_IF_MODIFIED_SINCE": ("Mon, 20 Nov 9999999999 12:00:00 GMT", "9" * 5000),
    "HTTP_HX_TARGET": ("\x00", "%" * 50),
    "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": ("true",),
}  # fmt: skip
# A page need not carry more than this back.
LONGEST_KEPT = 200
MULTIPART = "multipart/form-data; boundary=b"
BODIES = (
    ("application/x-www-form-urlencoded; charset=rot13", b"days=7"),
    ("application/x-www-form-urlencoded; charset=utf-7", b"days=7"),
    ("application/x-www-form-urlencoded; charset=raw_unicode_escape", b"name=%5Cud800"),
    ("application/x-www-form-urlencoded; charset=\u00e9", b"days=7"),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(3000))),
    ("application/x-www-form-urlencoded", b"%"),
    ("application/json", b"[" * 5000),
    ("\x00", b"x"),
    ("", b"x"),
    ("multipart/form-data", b"--b"),
    ("multipart/form-data; boundary=" + "b" * 500, b"x"),
    ("multipart/form-data; boundary=\u00e9", b"x"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"ids\"\r\n\r\nx"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name*=rot13''ids\r\n\r\nx\r\n--b--\r\n"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name*=x\r\n\r\nx\r\n--b--\r\n"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"ids\"; filename*=no-such''a\r\n\r\nx\r\n--b--\r\n"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\x00/..\\\"\r\n"
                b"Content-Type: \xff; charset=rot13\r\n\r\nx\r\n--b--\r\n"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"door\"\r\nContent-Transfer-Encoding: base64\r\n"
                b"\r\n!!!=\r\n--b--\r\n"),
    (MULTIPART + "; charset=raw_unicode_escape",
     b"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n\\ud800\r\n--b--\r\n"),
    (MULTIPART + "; charset=rot13", b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n"),
    (MULTIPART, b"\xff" * 2000),
)  # fmt: skip


# --- Which parameters are read --------------------------------------------------------------------


@contextmanager
def record_reads(monkeypatch: Any) -> Iterator[set[str]]:
    """Collect the names that are looked up in queries and forms; empty the set between two pages."""
    names: set[str] = set()
    with monkeypatch.context() as patch:
        for method in ("__getitem__", "__contains__", "getlist", "pop"):
            plain = getattr(MultiValueDict, method)

            def read(self: Any, key: Any, *args: Any, plain: Any = plain, **more: Any) -> Any:
                if isinstance(key, str) and isinstance(self, QueryDict):
                    names.add(key)
                return plain(self, key, *args, **more)

            patch.setattr(MultiValueDict, method, read)
        yield names


# --- What pages send ------------------------------------------------------------------------------


@dataclass
class Sent:
    """What one form or link of a page sends: where to, which values, and what else could be chosen."""

    method: str
    address: str
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: list[tuple[str, str]] = field(default_factory=list)
    is_form: bool = False
    # Whether a person sees a control of it: not only a button and what is hidden behind it.
    is_filled_in: bool = False

    def add(self, name: str, value: str, *, is_sent: bool = True) -> None:
        """Note a control."""
        self.choices.append((name, value))
        if is_sent:
            self.values.setdefault(name, []).append(value)

    @property
    def route(self) -> str:
        """Return the name of the route that it goes to, nothing where it goes elsewhere."""
        try:
            return resolve(urlsplit(self.address).path or "/").url_name or ""
        except Resolver404:
            return ""


class PageReader(HTMLParser):
    """Reads forms and links of a page."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.sent: list[Sent] = []
        # What stands in fields that people type in, but for passwords.
        self.typed: dict[str, str] = {}
        self._address = address
        self._forms: dict[str, Sent] = {}
        self._form: Sent | None = None
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, controls and links."""
        given = {name: value or "" for name, value in attrs}
        for name in ("href", "hx-get", "hx-post"):
            if given.get(name, "").startswith(("/", "?")):
                self._add_link("POST" if name == "hx-post" else "GET", given[name])
        if tag == "form":
            method = given.get("method", "get").upper()
            self._form = Sent(method, given.get("action") or self._address, is_form=True)
            self._forms[given.get("id", "")] = self._form
            self.sent.append(self._form)
        form = self._forms.get(given["form"]) if "form" in given else self._form
        if form is not None:
            self._add_control(form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Leave a form."""
        if tag == "form":
            self._form = None

    def _add_link(self, method: str, address: str) -> None:
        path, _, query = address.partition("?")
        sent = Sent(method, path or self._address)
        for name, value in parse_qsl(query.partition("#")[0], keep_blank_values=True):
            sent.add(name, value)
        self.sent.append(sent)

    def _add_control(self, form: Sent, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
            form.is_filled_in = True
        elif tag == "option":
            form.add(self._select, given.get("value", ""), is_sent="selected" in given)
        elif name and tag in ("input", "textarea"):
            form.is_filled_in |= given.get("type") != "hidden"
            is_box = given.get("type") in ("checkbox", "radio")
            value = given.get("value", "on" if is_box else "")
            form.add(name, value, is_sent=not is_box or "checked" in given)
            if tag == "input" and given.get("type", "text") in (
                "text",
                "search",
                "email",
                "url",
                "number",
            ):
                self.typed[name] = self.typed.get(name, "") + value
        elif name and tag == "button":
            form.add(name, given.get("value", ""), is_sent=False)


# --- Requests -------------------------------------------------------------------------------------


def encode(values: dict[str, list[str]], name: str = "", hostile: str | None = None) -> str:
    """Return a query with one parameter replaced by a value that is percent-encoded already."""
    parts = [
        f"{quote(each)}={quote(value, safe='')}"
        for each, texts in values.items()
        for value in texts
        if each != name
    ]
    if hostile is not None:
        parts.append(f"{quote(name)}={hostile}")
    return "&".join(parts)


def as_file(name: str) -> str:
    """Return a multipart body that sends a parameter as a file."""
    head = f'Content-Disposition: form-data; name="{name}"; filename="7"'
    return f"--b\r\n{head}\r\n\r\n7\r\n--b--\r\n"


def find_flaws(page: str, address: str, form: Sent, name: str, value: str) -> list[str]:
    """Return what is wrong with a form that came back because of a value: 422, so it must be whole and say why."""
    reader = PageReader(page, address)
    names = {each for each, _ in form.choices}
    back = [
        s for s in reader.sent if s.is_form and (s.route, s.method) == (form.route, form.method)
    ]
    if not back:
        return ["the form is gone"]
    flaws = []
    missing = min((names - {control for control, _ in one.choices} for one in back), key=len)
    if missing:
        flaws.append(f"controls are gone: {sorted(missing)}")
    if 'aria-invalid="true"' not in page and 'role="alert"' not in page:
        flaws.append("nothing says what is wrong")
    ids = set(re.findall(r'\sid="([^"]+)"', page))
    for tag in re.findall(r'<[^>]*aria-invalid="true"[^>]*>', page):
        described = re.search(r'aria-describedby="([^"]+)"', tag)
        if described is None or not ids & set(described[1].split()):
            flaws.append(f"no error beside {tag[:120]}")
    typed = reader.typed.get(name)
    if typed is not None and value not in typed and len(value) < LONGEST_KEPT:
        flaws.append("what was typed is gone")
    return flaws

"""API keys: which there are, a new one that is shown once, and the end of one."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.credentials import actions, queries
from contacthub.credentials.models import ApiKey
from contacthub.credentials.protocols import PROTOCOLS
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.calls import Call
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.paging import read_page_number
from contacthub.web.scalars import Refused, read_text
from contacthub.web.views.settings.forms import KeyForm, add_refusal, first_terms
from contacthub.web.views.settings.key_view import (
    describe_dialog,
    list_scopes,
    make_key_row,
    show_key,
)

PAGE_SIZE = 50
LONGEST_ID = 100


@require_safe
@member(Right.MANAGE)
def key_list(request: HubRequest) -> HttpResponse:
    """List the keys: what each may do, when it was used last and when it ends."""
    return render_page(request, "settings/keys.html", "settings/_keys.html", _list_context(request))


def _list_context(request: HubRequest, created: ApiKey | None = None) -> dict[str, Any]:
    keys = queries.list_keys(organization=request.organization)
    page = Paginator(keys, PAGE_SIZE).get_page(read_page_number(request))
    now = clock.now()
    return {
        "page": page,
        "rows": [make_key_row(key, now, created=created) for key in page.object_list],
    }


# --- Creating -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def key_create(request: HubRequest) -> HttpResponse:
    """Make a key. Its text is in the response of the POST itself and nowhere else.

    `?like=<public id>` begins with the terms of a key that is to be replaced.
    """
    if request.method != "POST":
        return _render_create(request, KeyForm(initial=_first_values(request)))
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _render_create(request, form, status=422)
    try:
        key, text = actions.issue_key(
            organization=request.organization, actor=actor_of(request), **form.cleaned_data
        )
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect("settings-keys")
    except Invalid as error:
        add_refusal(form, error)
        return _render_create(request, form, status=422)
    context = _list_context(request, key) | {
        "created": key,
        "shown": show_key(key, text),
        "trial": _find_trial(key),
    }
    return render_page(
        request, "settings/keys.html", "settings/_keys.html", context, is_personal=True
    )


def _first_values(request: HubRequest) -> dict[str, Any]:
    like = _read_like(request)
    replaced = queries.get_key(organization=request.organization, public_id=like) if like else None
    return {"request_key": uuid4(), **first_terms(replaced)}


def _read_like(request: HubRequest) -> str:
    """Return the public id of the key to replace. Raises `NotFound` for what can be none."""
    try:
        return read_text(request.GET.get("like", ""), most=LONGEST_ID)
    except Refused as refused:
        raise NotFound("There is no such key.") from refused


def _render_create(request: HubRequest, form: KeyForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "matrix": list_scopes(form["scopes"].value() or []),
        "dialog": describe_dialog(_read_like(request)),
    }
    if not request.htmx:
        context |= _list_context(request)
    return render_page(
        request, "settings/key_create.html", "settings/_key_create.html", context, status=status
    )


def _find_trial(key: ApiKey) -> Call | None:
    """Return a call that the key may make and that spends nothing."""
    for name, entry in PROTOCOLS.items():
        if entry.sample_path and key.allows(name):
            return Call(name, entry.sample_path)
    return None


# --- Revoking -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.MANAGE)
def key_revoke(request: HubRequest, public_id: str) -> HttpResponse:
    """Ask whether a key shall end, and end it at once."""
    key = queries.get_key(organization=request.organization, public_id=public_id)
    if request.method != "POST":
        context: dict[str, Any] = {"key": key}
        if not request.htmx:
            context |= _list_context(request)
        return render_page(request, "settings/key_revoke.html", "settings/_revoke.html", context)
    try:
        actions.revoke_key(
            organization=request.organization, actor=actor_of(request), public_id=public_id
        )
    except Conflict as error:
        messages.error(request, str(error), extra_tags="bad")
    else:
        messages.success(request, f"{key.name} is revoked.", extra_tags="ok")
    return redirect("settings-keys")

"""The look-up of one contact by any key that somebody knows: an id, an e-mail, a profile link, a name and company.

What is typed is sent by POST and never stands in an address; links with a contact id still work.
"""

import re

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from contacthub.core.public_ids import CONTACT_ID, format_contact_id, parse_contact_id
from contacthub.enrichment.actions.look_ups import look_up_by_keys
from contacthub.enrichment.keys.forms import find_form
from contacthub.enrichment.keys.mappings import PERSONAL
from contacthub.enrichment.keys.row_keys import RowKeys, read_one
from contacthub.enrichment.models import ColumnUse, Section
from contacthub.enrichment.queries.look_ups import list_recent_look_ups
from contacthub.organizations.rights import Right
from contacthub.web.access import member, who_can_grant
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.looks import note_look
from contacthub.web.scalars import UNSTORABLE
from contacthub.web.views.catalog.look_up_view import Outcome, describe_found, describe_none

LONGEST_INPUT = 500
HEX = re.compile(r"[0-9a-f]*", re.ASCII)
WRONG_KEY = (
    "Enter an e-mail, its hash, a LinkedIn address, a phone with its country, a contact id, or a name "
    "and company."
)
KINDS = {
    ColumnUse.CONTACT_ID: "a contact id",
    ColumnUse.EMAIL: "an e-mail address",
    ColumnUse.EMAIL_HASH: "a hash of an e-mail address",
    ColumnUse.LINKEDIN: "a LinkedIn address",
    ColumnUse.PHONE: "a phone number",
    ColumnUse.KEPT: "a name and a company",
}


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def contact_lookup(request: HubRequest) -> HttpResponse:
    """Take a key of a contact and go to the contact; of several, list them to choose from."""
    is_sent = request.method == "POST"
    sent = request.POST if is_sent else request.GET
    text = _clean(sent.get("contact_id", ""))
    is_id = CONTACT_ID.fullmatch(text) is not None
    if is_id:
        return redirect(_address(parse_contact_id(text)))
    if not is_sent:
        # A link names a contact by its id or not at all.
        return _render(request, text, fault=find_fault(text) if "contact_id" in sent else "")
    keys = read_one(text)
    fault = _find_fault(request, text, keys)
    return _render(request, text, fault=fault) if fault else _look_up(request, text, keys)


def _look_up(request: HubRequest, text: str, keys: RowKeys) -> HttpResponse:
    with transaction.atomic():
        by, found = look_up_by_keys(
            organization=request.organization,
            actor=actor_of(request),
            keys=keys,
            kind=_kind_of(text),
        )
    if len(found) == 1:
        return redirect(_address(found[0].key))
    if not found:
        return _render(request, text, outcome=describe_none(_kind_of(text)), status=404)
    note_look(request, "Look-up", people=len(found))
    return _render(request, text, outcome=describe_found(str(by.label if by else ""), found))


def _find_fault(request: HubRequest, text: str, keys: RowKeys) -> str:
    """Return what is wrong with a key as it was typed, or why this role may not look up people by it."""
    if text.partition("_")[0] in ("id", "cb") and "@" not in text:
        return find_fault(text)
    if not keys.has_key:
        return WRONG_KEY
    if find_form(text) in PERSONAL and not request.membership.has_right(Right.VALUES):
        return f"Your role may not find contacts by {_kind_of(text)}. {who_can_grant(request)}"
    return ""


def _kind_of(text: str) -> str:
    form = find_form(text)
    return KINDS.get(form, KINDS[ColumnUse.KEPT])


def _render(
    request: HubRequest,
    text: str,
    *,
    fault: str = "",
    outcome: Outcome | None = None,
    status: int = 200,
) -> HttpResponse:
    may_look_up = request.membership.has_right(Right.VALUES)
    context = {
        "contact_id": text,
        "fault": fault,
        "outcome": outcome,
        "recent": list_recent_look_ups(organization=request.organization, user=request.user),
        "may_look_up": may_look_up,
        "who": "" if may_look_up else who_can_grant(request),
    }
    response = render(request, "contacts/lookup.html", context, status=422 if fault else status)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def contact_check(request: HubRequest) -> HttpResponse:
    """Say what kind of key is being typed. Looks nothing up."""
    sent = request.POST if request.method == "POST" else request.GET
    text = _clean(sent.get("contact_id", ""))
    is_id = text.startswith(("id_", "cb_"))
    is_key = bool(text) and read_one(text).has_key
    context = {
        "contact_id": text,
        "fault": find_fault(text) if is_id else "",
        "kind": _kind_of(text) if is_key else "",
    }
    return render(request, "contacts/_check.html", context)


def _clean(text: str) -> str:
    return UNSTORABLE.sub("\ufffd", text).strip()[:LONGEST_INPUT]


def find_fault(text: str) -> str:
    """Return what is wrong with a contact id as someone typed it; nothing if it is one."""
    if CONTACT_ID.fullmatch(text):
        return ""
    if not text:
        return WRONG_KEY
    prefix, _, rest = text.partition("_")
    if prefix not in ("id", "cb") or not text[2:3]:
        return "A contact id begins with id_ or cb_."
    if HEX.fullmatch(rest.lower()) and not HEX.fullmatch(rest):
        return "The letters of a contact id are lower-case."
    if not HEX.fullmatch(rest):
        return f"After {prefix}_ use only the digits 0 to 9 and the letters a to f."
    return f"After {prefix}_ come 16 hex digits; here are {len(rest)}."


def _address(key: int) -> str:
    """Return the address of a look-up, which is recorded with what it found."""
    path = reverse("contact-detail", args=[format_contact_id(key)])
    return f"{path}?include={','.join(Section.values)}"

"""Letrics' two calls, each with a body of JSON and with query parameters.

Source: the vendor's API documentation ("Contacts", "Companies"). It names neither paths nor methods, so that a client
may do either; docs/protocols.md says what is our choice.
"""

from typing import Any

import orjson
from django.http import HttpResponse

from contacthub.api.gateway import ApiRequest, GatewayAPI, json_reply
from contacthub.api.gateway.documents import describe
from contacthub.api.gateway.parameters import describe_query, read_query
from contacthub.api.letrics import translate
from contacthub.api.letrics.protocol import PROTOCOL
from contacthub.contacts.search import list_companies_by_number_page, list_contacts_by_number_page
from contacthub.organizations.audit import record_read
from contacthub.wire import letrics as wire

api = GatewayAPI(PROTOCOL)

CONTACTS, COMPANIES = "Contacts", "Companies"
# What can be done next with an answer.
LAST_PAGE = "$response.body#/meta/total_pages"


def _link(operation: str) -> dict[str, Any]:
    return {"last page": {"operationId": operation, "parameters": {"page": LAST_PAGE}}}


# --- Contacts -------------------------------------------------------------------------------------


@api.post(
    "/api/contacts",
    auth=api.read,
    response={200: wire.ContactsReply},
    tags=[CONTACTS],
    openapi_extra=describe(400, 415, links=_link("list_contacts_by_query")),
)
def list_contacts(request: ApiRequest, body: wire.ContactsRequest | None = None) -> HttpResponse:
    """List the contacts that meet all criteria, with their addresses and companies."""
    return _find_contacts(request, body or wire.ContactsRequest.model_validate({}))


@api.get(
    "/api/contacts",
    auth=api.read,
    response={200: wire.ContactsReply},
    tags=[CONTACTS],
    openapi_extra=describe(
        400,
        414,
        links=_link("list_contacts_by_query"),
        parameters=describe_query(wire.ContactsRequest),
    ),
)
def list_contacts_by_query(request: ApiRequest) -> HttpResponse:
    """List contacts as POST does. A list is a parameter several times: `tlds=no&tlds=se` or `tlds[]=no&tlds[]=se`."""
    return _find_contacts(request, read_query(request.GET, wire.ContactsRequest))


def _find_contacts(request: ApiRequest, wanted: wire.ContactsRequest) -> HttpResponse:
    contacts, total = list_contacts_by_number_page(
        organization=request.organization,
        filters=translate.contact_filters(wanted),
        page=wanted.page_number,
        per_page=wanted.page_size,
    )
    record_read(
        organization=request.organization,
        actor=request.actor,
        action="Read contacts",
        detail="Letrics",
        rows=len(contacts),
    )
    return _reply(wanted, list(map(translate.contact, contacts)), total)


# --- Companies ------------------------------------------------------------------------------------


@api.post(
    "/api/companies",
    auth=api.read,
    response={200: wire.CompaniesReply},
    tags=[COMPANIES],
    openapi_extra=describe(400, 415, links=_link("list_companies_by_query")),
)
def list_companies(request: ApiRequest, body: wire.CompaniesRequest | None = None) -> HttpResponse:
    """List the companies that meet all criteria."""
    return _find_companies(request, body or wire.CompaniesRequest.model_validate({}))


@api.get(
    "/api/companies",
    auth=api.read,
    response={200: wire.CompaniesReply},
    tags=[COMPANIES],
    openapi_extra=describe(
        400,
        414,
        links=_link("list_companies_by_query"),
        parameters=describe_query(wire.CompaniesRequest),
    ),
)
def list_companies_by_query(request: ApiRequest) -> HttpResponse:
    """List companies as POST does. A list is a parameter several times: `tlds=no&tlds=se` or `tlds[]=no&tlds[]=se`."""
    return _find_companies(request, read_query(request.GET, wire.CompaniesRequest))


def _find_companies(request: ApiRequest, wanted: wire.CompaniesRequest) -> HttpResponse:
    companies, total = list_companies_by_number_page(
        organization=request.organization,
        filters=translate.company_filters(wanted),
        page=wanted.page_number,
        per_page=wanted.page_size,
    )
    return _reply(wanted, list(map(translate.company, companies)), total)


def _reply(
    wanted: wire.CompaniesRequest, data: list[translate.Serialized], total: int
) -> HttpResponse:
    body = wire.reply_body(data, page=wanted.page_number, per_page=wanted.page_size, total=total)
    # Times end in Z.
    return json_reply(orjson.dumps(body, option=orjson.OPT_UTC_Z))

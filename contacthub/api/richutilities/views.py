"""Rich Utilities' one call. Source: the vendor's API reference ("Contacts API")."""

import orjson
from django.http import HttpResponse

from contacthub.api.gateway import ApiRequest, GatewayAPI, json_reply
from contacthub.api.gateway.documents import describe
from contacthub.api.gateway.parameters import describe_query, read_query
from contacthub.api.richutilities import cursors, translate
from contacthub.api.richutilities.protocol import PROTOCOL
from contacthub.contacts.search import list_contacts
from contacthub.organizations.audit import record_read
from contacthub.wire import richutilities as wire

api = GatewayAPI(PROTOCOL)

# What can be done next with an answer.
LINKS = {
    "next page": {
        "operationId": "search_contacts",
        "parameters": {"cursor": "$response.body#/pagination/next_cursor"},
    },
}


@api.get(
    "/v1/contacts",
    auth=api.read,
    response={200: wire.ContactsReply},
    tags=["Contacts"],
    openapi_extra=describe(400, 414, links=LINKS, parameters=describe_query(wire.ContactsQuery)),
)
def search_contacts(request: ApiRequest) -> HttpResponse:
    """Search for contacts. Outdated and inferred ones are left out unless asked for."""
    query = read_query(request.GET, wire.ContactsQuery, separator=",")
    bound = cursors.Bound(request.organization.pk, query.sort_by, query.sort_order)
    found = list_contacts(
        organization=request.organization,
        filters=translate.filters(query),
        sort=query.sort_by,
        descending=query.sort_order == "desc",
        after=cursors.read_cursor(query.cursor, bound) if query.cursor else None,
        limit=query.limit,
    )
    record_read(
        organization=request.organization,
        actor=request.actor,
        action="Read contacts",
        detail="Rich Utilities",
        rows=len(found.items),
    )
    following = found.next_position
    body = wire.reply_body(
        [translate.contact(contact) for contact in found.items],
        limit=query.limit,
        next_cursor=cursors.make_cursor(following, bound) if following else None,
    )
    # Times end in Z.
    return json_reply(orjson.dumps(body, option=orjson.OPT_UTC_Z))

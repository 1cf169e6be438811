"""The parameters and forms of requests, in the form in which text is stored."""

from django.http import QueryDict

from contacthub.core.text import normalize


def normalize_query(query: QueryDict) -> QueryDict:
    """Return a query or form with each text as `core.text.normalize` makes it, passwords excepted.

    A password is compared by its hash, so that its owner has to give the characters that were hashed.
    """
    if "%" not in query.urlencode():
        # All is ASCII.
        return query
    found = QueryDict(mutable=True, encoding=query.encoding)
    for name, values in query.lists():
        found.setlist(name, values if "password" in name else list(map(normalize, values)))
    found._mutable = False
    return found

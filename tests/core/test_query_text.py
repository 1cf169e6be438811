"""What people and programs send is read in the form in which text is stored."""

from django.http import QueryDict

from contacthub.api.gateway.bodies import read_json
from contacthub.core.public_ids import format_contact_id, parse_contact_id
from contacthub.core.query_text import normalize_query


def test_queries_and_forms_are_normalized_but_for_passwords() -> None:
    odd = "a=Zoe%CC%88&a=1&b=%E2%80%8Bx&password=x%E2%80%8B&new_password1=%CC%88"
    found = normalize_query(QueryDict(odd))
    assert found.getlist("a") == ["Zoë", "1"]
    assert (found["b"], found["password"], found["new_password1"]) == ("x", "x\u200b", "\u0308")
    plain = QueryDict("a=1&b=x+y")
    assert normalize_query(plain) is plain


def test_bodies_of_json_are_normalized() -> None:
    expected = {"náme": ["Zoë", {"x": "y"}], "n": 1}
    assert (
        read_json('{"na\u0301me": ["Zoe\u0308\u200b", {"x": "y\ufeff"}], "n": 1}'.encode())
        == expected
    )
    assert (
        read_json(b'{"na\\u0301me": ["Zoe\\u0308\\u200b", {"x": "y\\ufeff"}], "n": 1}') == expected
    )


def test_an_id_may_have_invisible_characters_around_it() -> None:
    assert (
        format_contact_id(parse_contact_id("\u200bid_9f3c21ab\u00ad77e04d15\ufeff"))
        == "id_9f3c21ab77e04d15"
    )

"""The text of a key: made, recognized, refused when mistyped."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacthub.core.errors import Invalid, KeyRefused
from contacthub.core.tokens import hash_token
from contacthub.credentials.addresses import clean_networks, is_inside
from contacthub.credentials.keys import DIGITS, make_key, parse_key
from contacthub.credentials.scopes import SCOPES, describe_scopes, expand_scopes


def test_key_has_its_documented_layout():
    key = make_key()
    assert len(key.text) == 57
    prefix, public_id, rest = key.text[:10], key.text[10:20], key.text[20:]
    assert prefix == "chub_live_"
    assert public_id == key.public_id
    assert rest[0] == "_"
    assert set(public_id + rest[1:]) <= set(DIGITS)
    assert key.last_four == key.text[-4:]
    assert key.hash == hash_token(key.text)


def test_checksum_is_the_crc32_of_everything_before_it():
    text = make_key().text
    number = 0
    for digit in text[-6:]:
        number = number * 62 + DIGITS.index(digit)
    assert number == zlib.crc32(text[:-6].encode())


def test_checksum_of_a_known_key():
    # Computed bit by bit, without zlib: guards the layout against a change that breaks every key in use.
    body = "chub_live_0123456789_" + "a" * 30
    assert zlib.crc32(body.encode()) == 0x314D3629
    assert parse_key(body + "0tybrl").public_id == "0123456789"


def test_keys_differ():
    keys = {make_key().text for _ in range(500)}
    assert len(keys) == 500


def test_parsed_key_is_the_one_that_was_made():
    key = make_key()
    assert parse_key(key.text) == key


def test_repr_hides_the_text():
    key = make_key()
    assert key.text not in repr(key)
    assert key.text[21:51] not in repr(key)


@given(place=st.integers(0, 56), digit=st.sampled_from(DIGITS))
def test_one_mistyped_character_is_refused(place: int, digit: str):
    text = make_key().text
    mistyped = text[:place] + digit + text[place + 1 :]
    if mistyped != text:
        with pytest.raises(KeyRefused):
            parse_key(mistyped)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace("chub_live_", "chub_test_"),
        lambda text: text.replace("chub_live_", ""),
        lambda text: text.swapcase(),
        lambda text: text[:30] + "é" + text[31:],
        lambda text: text[:30] + "\uff11" + text[31:],
        lambda text: text[:30] + "\x00" + text[31:],
        lambda text: "chub_live_" + "a" * 10_000,
    ],
)
def test_misshapen_key_is_refused(spoil):
    with pytest.raises(KeyRefused) as refusal:
        parse_key(spoil(make_key().text))
    assert refusal.value.reason == "malformed"


@pytest.mark.parametrize(
    ("words", "scopes"),
    [
        (["contactbased"], ["contactbased:read", "contactbased:write"]),
        (["letrics:read"], ["letrics:read"]),
        (["insideview:write", "letrics:read"], ["letrics:read", "insideview:write"]),
        (["letrics", "letrics:read"], ["letrics:read", "letrics:write"]),
        (["all"], list(SCOPES)),
        (["backstory:read", "all"], list(SCOPES)),
    ],
)
def test_words_mean_scopes(words: list[str], scopes: list[str]):
    assert expand_scopes(words) == scopes


@pytest.mark.parametrize(
    "words",
    [[], [""], ["*"], ["read"], ["letrics:*"], ["letrics:admin"], ["Letrics"], ["all", "x"]],
)
def test_other_words_are_refused(words: list[str]):
    with pytest.raises(Invalid) as error:
        expand_scopes(words)
    assert error.value.field == "scopes"


def test_scopes_are_described_in_words():
    assert describe_scopes(SCOPES) == ["All protocols"]
    assert describe_scopes(["contactbased:read", "contactbased:write", "letrics:read"]) == [
        "ContactBased",
        "Letrics (read only)",
    ]
    assert describe_scopes(["insideview:write"]) == ["InsideView (write only)"]


def test_networks_are_kept_in_one_spelling():
    texts = [" 10.0.0.0/8", "10.0.0.0/8", "", "192.0.2.7", "2001:DB8::/32", "::1"]
    assert clean_networks(texts) == ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10.0.0.1/8", "Did you mean 10.0.0.0/8?"),
        ("10.0.0.0/33", "not a network"),
        ("10.0.0", "not a network"),
        ("example.com", "not a network"),
        ("010.0.0.1", "not a network"),
    ],
)
def test_other_networks_are_refused(text: str, hint: str):
    with pytest.raises(Invalid) as error:
        clean_networks([text])
    assert hint in str(error.value)
    assert error.value.field == "allowed_addresses"


def test_more_than_fifty_networks_are_refused():
    assert len(clean_networks([f"10.0.{n}.0/24" for n in range(50)])) == 50
    with pytest.raises(Invalid):
        clean_networks([f"10.0.{n}.0/24" for n in range(51)])


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("10.20.7.9", True),
        ("10.21.0.0", False),
        ("::ffff:10.20.7.9", True),
        ("::ffff:10.21.7.9", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        (None, False),
        ("", False),
        ("unix:", False),
        ("10.20.7.9, 10.20.7.10", False),
    ],
)
def test_address_is_inside_or_not(address: str | None, is_in: bool):
    assert is_inside(address, ["10.20.0.0/16", "2001:db8::/32"]) is is_in

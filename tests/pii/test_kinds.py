"""Personal data is found by its form and its check digits, at its place."""

import pytest

from prompteval.pii.find import find
from prompteval.pii.payment import IBAN_LENGTHS

# Published examples: of standards, of issuers' test pages, of the authorities that give the numbers out.
FOUND = [
    ("email", "write to ada.lovelace+x@example.co.uk.", "ada.lovelace+x@example.co.uk"),
    ("email", "<jürgen@bücher.example>", "jürgen@bücher.example"),
    ("phone", "ring +44 20 7946 0958 now", "+44 20 7946 0958"),
    ("phone", "Tel: (415) 555-0132 ext. 7", "(415) 555-0132 ext. 7"),
    ("phone", "Handy: 0151 23456789", "0151 23456789"),
    ("phone", "phone:07700 900 123, please", "07700 900 123"),
    ("card", "card 4111 1111 1111 1111.", "4111 1111 1111 1111"),
    ("card", "3782-822463-10005 is gone", "3782-822463-10005"),
    ("card", "pay 5555555555554444", "5555555555554444"),
    ("card", "maestro 6762 6153 2557", "6762 6153 2557"),
    ("iban", "to DE89 3704 0044 0532 0130 00 today", "DE89 3704 0044 0532 0130 00"),
    ("iban", "gb29nwbk60161331926819", "gb29nwbk60161331926819"),
    ("iban", "NO93 8601 1117 947", "NO93 8601 1117 947"),
    ("national_id", "SSN 078-05-1120", "078-05-1120"),
    ("national_id", "my ssn is 078051120", "078051120"),
    ("national_id", "NI number QQ 12 34 56 C? no: AB 12 34 56 C", "AB 12 34 56 C"),
    ("national_id", "NHS number 943 476 5919", "943 476 5919"),
    ("national_id", "IdNr 86 095 742 719", "86 095 742 719"),
    ("national_id", "NIR 2 55 08 14 168 025 38", "2 55 08 14 168 025 38"),
    ("national_id", "DNI 12345678Z", "12345678Z"),
    ("national_id", "NIE X-1234567-L", "X-1234567-L"),
    ("national_id", "CF RSSMRA85T10A562S", "RSSMRA85T10A562S"),
    ("national_id", "BSN: 111222333", "111222333"),
    ("national_id", "PESEL 44051401359", "44051401359"),
    ("national_id", "personnummer 811218-9876", "811218-9876"),
    ("national_id", "CPF 390.533.447-05", "390.533.447-05"),
    ("ip", "from 192.0.2.17.", "192.0.2.17"),
    ("ip", "at 2001:db8::ff00:42:8329, port 80", "2001:db8::ff00:42:8329"),
    ("ip", "(::ffff:192.0.2.128)", "::ffff:192.0.2.128"),
    ("secret", "use sk-proj-" + "a1B2" * 8, "sk-proj-" + "a1B2" * 8),
    ("secret", 'password = "hunter2hunter2"', "hunter2hunter2"),
    ("birth_date", "born on 2/8/1935 in Bonn", "2/8/1935"),
    ("birth_date", "Date of birth: 1 March 1980", "1 March 1980"),
    ("birth_date", "geboren am 01.03.1980", "01.03.1980"),
]
# One digit, letter or word away from one.
NOT_FOUND = [
    "card 4111 1111 1111 1112", "DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130", "SSN 000-12-3456",
    "SSN 666-12-3456", "NHS 1434765910", "86 095 742 718", "2 55 08 14 168 025 39", "12345678A", "X-1234567-M",
    "RSSMRA85T10A562T", "BSN: 111222334", "44051401358", "811218-9875", "390.533.447-06", "111.111.111-11",
    "order 111222333", "std::vector", "12:30:45", "version 1.2.3.4", "256.1.1.1", "1.2.3.4.5", "a@b", "@handle",
    "2026-11-28 12:30:00", "28.11.2026", "the film of 2/8/1935", "a total of 12 345 678 people", "10.50 20.30 30.40",
    "invoice 2026-000123", "password: please", "risk-averse-but-fine", "3... 2... 1...", "",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "value"), FOUND)
def test_each_kind_is_found_at_its_place(kind: str, text: str, value: str) -> None:
    """One span, of the kind, whose characters are the value."""
    assert [(span.kind, text[span.start : span.end]) for span in find(text)] == [(kind, value)]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_fails_its_check_is_none(text: str) -> None:
    """A wrong check digit, a length that is not the country's, a number that nothing calls a birthday."""
    assert find(text) == ()


def test_characters_of_other_scripts_hide_nothing() -> None:
    """Full-width digits, dashes and no-break spaces are read as the ASCII they stand for."""
    for text in (
        "４１１１ １１１１ １１１１ １１１１",
        "4111–1111–1111–1111",
        "4111\u00a01111\u00a01111\u00a01111",
    ):
        assert [(span.start, span.end, span.kind) for span in find(text)] == [(0, len(text), "card")]


def test_a_span_keeps_its_kind_whatever_is_asked_for() -> None:
    """A card's number is no telephone where only telephones are asked for."""
    assert find("call 4111 1111 1111 1111", ("phone",)) == ()
    assert [span.kind for span in find("call 4111 1111 1111 1111", ("card",))] == ["card"]


def test_every_length_of_an_iban_is_possible() -> None:
    """Between the shortest (Norway) and what a field of ISO 13616 holds."""
    assert all(len(country) == 2 and 15 <= length <= 34 for country, length in IBAN_LENGTHS.items())
    assert len(IBAN_LENGTHS) > 80

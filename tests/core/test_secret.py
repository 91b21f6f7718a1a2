"""Credentials are found by their published shapes."""

import json
import time
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from prompteval.core.address import remember_address, without_credentials
from prompteval.core.secret import Redactor, find_secret, find_secrets, hide


@pytest.mark.parametrize(
    "key",
    [
        "sk_live_" + "a1" * 12,
        "hf_" + "aB" * 17,
        "glpat-" + "a1b2" * 5,
        "gsk_" + "aB3d" * 13,
        "xai-" + "aB3d" * 20,
    ],
)
def test_s21_keys_of_other_services_are_found_and_never_whole(key: str) -> None:
    """Inside a sentence, with its place; the shown form is a beginning and a length."""
    offset, shown = find_secret(f"use {key}, please") or (0, key)
    assert offset == 4 and key not in shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('if "-----BEGIN PRIVATE KEY-----" in text:', False),  # code that looks for one
        ('pem="-----BEGIN RSA PRIVATE KEY-----..."', False),  # an example in a docstring
        ("-----BEGIN PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA" * 2, True),
        ('"-----BEGIN PRIVATE KEY-----\\n"\n    "' + "MIIEowIBAAKCAQEA" * 2, True),
        ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", True),
    ],
)
def test_s21_a_private_key_is_more_than_its_header(text: str, found: bool) -> None:
    """The header without a key behind it is no credential."""
    assert (find_secret(text) is not None) is found


@pytest.mark.parametrize(
    "between",
    ["<br>", "<br/>\\n", "\nComment: of the test\n", "\n" + " " * 60, '" + "', '\\n" +\n  "', "%0A", "&#10;"],
)
@pytest.mark.parametrize("key", ["MIIEowIBAAKCAQEA" * 2, "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"])
def test_s21_a_private_key_is_found_in_any_notation(key: str, between: str) -> None:
    """In markup, below a comment, indented, or joined by code."""
    assert find_secret(f"-----BEGIN PRIVATE KEY-----{between}{key}") is not None


def test_s21_long_names_and_hashes_behind_a_header_are_no_key() -> None:
    """Nor is the certificate that follows."""
    code = 'if "-----BEGIN PRIVATE KEY-----" in text:\n    raise NotImplementedError(text)\n'
    assert find_secret(f'{code}known = "{"e3b0c44298fc1c14" * 4}"') is None
    assert find_secret(f"{code}-----BEGIN CERTIFICATE-----\n{'MIIEowIBAAKCAQEA' * 2}") is None


@pytest.mark.parametrize(
    "filled", ["", "a" * 400, "\\nA1" * 100, "\\n" * 200, ("a" * 31 + " ") * 12, "M " * 200]
)
def test_s21_keys_are_looked_for_in_proportion(filled: str) -> None:
    """A megabyte of headers with what nearly is a key: under four seconds."""
    text = f"-----BEGIN PRIVATE KEY-----{filled}"
    started = time.perf_counter()
    list(find_secrets(text * (1_000_000 // len(text))))
    assert time.perf_counter() - started < 4


@pytest.mark.parametrize("text", ["hf_hub", "sk-learn", "xai-method", "risk_live_in the moment we are in"])
def test_s21_words_are_no_keys(text: str) -> None:
    """Names that only begin alike."""
    assert find_secret(text) is None


KEY = "corpkey-7Qz1XwV9rT5yU3iO8pA2sD4fG6"


def redactor(*known: str) -> Redactor:
    made = Redactor()
    made.remember(*known)
    return made


@pytest.mark.parametrize(
    "shape",
    [
        "sk-proj-Ab1dEf2hIj3lMn4pQr5t", "ghp_" + "a1B2" * 9, "github_pat_" + "a1_B" * 12, "AKIA0123456789ABCDEF",
        "AIza" + "Sy-9_" * 7, "xoxb-12345-67890-abcdef", "glpat-" + "a1b2" * 5, "hf_" + "aB" * 17,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "-----BEGIN RSA PRIVATE KEY-----\\nMIIEowIBAAKCAQEA\\nxyz+/=\\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nxyz+/=",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "\\n{}", "key{}", "_{}x9", '"{}"', "a={}&b"])
def test_s36_shapes_of_keys_are_hidden_with_anything_around_them(shape: str, around: str) -> None:
    """Not only where a word begins: behind an escaped line end, inside a name, before more letters."""
    hidden = Redactor().hide(around.format(shape))
    assert shape not in hidden and shape[8:24] not in hidden and "characters)" in hidden


@pytest.mark.parametrize(
    "text",
    ["risk-assessment-and-mitigation-2024", "a task-management-of-many-things", "disk-2024-01-01-backup-of-all", "xox", "1.eyJ"],
)  # fmt: skip
def test_s36_words_that_only_begin_alike_stay(text: str) -> None:
    """What is scored must not be changed for nothing."""
    assert Redactor().hide(text) == text


def spellings(key: str) -> list[str]:
    ascii_key = "".join(f"%{byte:02X}" for byte in key.encode())
    found = [key, key.upper(), ascii_key, quote(key, safe=""), json.dumps(key)[1:-1], key.encode().hex()]
    found += [
        "".join(f"\\u{ord(c):04x}" for c in key),
        "".join(f"&#{ord(c)};" for c in key),
        json.dumps(key).replace("/", "\\/"),
    ]
    for before in ("", "x", "xy", "user:"):
        found += [encode(f"{before}{key}".encode()).decode() for encode in (b64encode, urlsafe_b64encode)]
    return found


@pytest.mark.parametrize("key", [KEY, "hunter2-p@ss/word", 'a"b\\c/d e-f1', "12345678"])
def test_s36_a_known_key_is_hidden_in_every_spelling(key: str) -> None:
    """Plain, in the other case, percent-encoded, escaped as in JSON and HTML, in hexadecimal and base64."""
    for spelling in spellings(key):
        hidden = redactor(key).hide(f"<{spelling}>")
        assert spelling not in hidden and f"…({len(key)} characters)" in hidden, spelling


def test_s36_short_words_and_placeholders_stay() -> None:
    """`EMPTY` and what local servers are given for a key are words, and may be in any answer."""
    assert redactor("EMPTY", "not-needed", "").hide("EMPTY is not-needed") == "EMPTY is not-needed"


def test_s36_what_is_shown_of_a_key_is_no_more_than_a_quarter() -> None:
    """A short password is not nearly told by its beginning."""
    assert redactor("hunter22").hide("hunter22") == "hu…(8 characters)"


def test_s36_every_text_of_a_value_is_hidden() -> None:
    """Keys of objects too; what is no text stays unchanged."""
    value = {"a": [KEY, 1, None, {KEY: (True, f"x{KEY}")}]}
    assert KEY not in json.dumps(redactor(KEY).hide_all(value))
    assert redactor(KEY).hide_all([1, None, "x"]) == [1, None, "x"]


@pytest.mark.parametrize(
    "text", ["sk-" * 300_000, "a.eyJ" * 200_000, "-----BEGIN PRIVATE KEY-----" * 40_000, "%61" * 300_000]
)
def test_s36_hiding_takes_time_in_proportion(text: str) -> None:
    """A megabyte of what nearly is a key: under two seconds."""
    started = time.perf_counter()
    redactor(KEY).hide(text)
    assert time.perf_counter() - started < 2


def test_s36_addresses_are_shown_without_user_and_secret_parts() -> None:
    """And what was in them is hidden from now on; the version of an interface stays."""
    shown = without_credentials(
        "https://me:hunter2-pass@h:1/v1?api-version=2024-10-21&api_key=abcd1234efgh5678#f"
    )
    assert shown == "https://h:1/v1?api-version=2024-10-21&api_key=abcd…(16 characters)"
    assert hide("hunter2-pass abcd1234efgh5678") == "hun…(12 characters) abcd…(16 characters)"
    assert without_credentials("h") == "h" and without_credentials("") == ""


def test_s36_of_the_address_of_a_database_the_password_alone_is_hidden() -> None:
    """Its user may have the name of the database, which messages are full of."""
    remember_address("postgresql://postgres_user:pa55w0rd%20x@db.example/evals?sslpassword=s3cr3tkey99")
    shown = hide("postgres_user with pa55w0rd%20x or pa55w0rd x or s3cr3tkey99")
    assert shown.startswith("postgres_user with ") and "w0rd" not in shown and "r3tkey" not in shown
    remember_address("postgresql://postgres_user:@db.example/evals")
    assert hide("postgres_user: no password") == "postgres_user: no password"

"""What is said of a Postgres that cannot be reached, by what names it."""

import pytest

from prompteval.store.postgres.deadline import _hang_up
from prompteval.store.postgres.errors import connect_error, malformed_address
from prompteval.workspace.store_place import ADDRESS_VARIABLE, StorePlace, misspelled_fix

psycopg = pytest.importorskip("psycopg")
NO_SERVER = "connection failed: No such file or directory\n\tIs the server running locally?\n"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, f"{ADDRESS_VARIABLE} is not set, nor PGHOST or PGSERVICE, and no server runs where"),
        ({ADDRESS_VARIABLE: "x"}, f"directory. Is the server running locally? (check {ADDRESS_VARIABLE})"),
        (
            {"PGHOST": "h", "PGPORT": "1"},
            "directory. Is the server running locally? (check PGHOST and PGPORT)",
        ),
    ],
)
def test_what_names_the_server_is_what_to_set_or_check(environment: dict[str, str], said: str) -> None:
    """Lines of libpq become sentences; without any name its socket is not what is wrong."""
    told = str(connect_error(psycopg.OperationalError(NO_SERVER), environment))
    assert said in told and ("directory" in told) == bool(environment)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        (
            'FATAL: no pg_hba.conf entry for host "::1", user "u", database "d", no encryption',
            "sslmode=require",
        ),
        ("server does not support SSL, but SSL was required", "leave sslmode out"),
        ('root certificate file "/root/.postgresql/root.crt" does not exist', "add sslrootcert"),
        ('FATAL: too many connections for role "u"', "raise the limit"),
        ('FATAL: database "d" does not exist', "create it"),
    ],
)
def test_s18_a_server_that_lets_nobody_in_has_a_fix(text: str, fix: str) -> None:
    """What libpq says of TLS, certificates and limits, with what to do instead of where it was named."""
    told = str(connect_error(psycopg.OperationalError(f"connection failed: {text}"), {ADDRESS_VARIABLE: "x"}))
    assert text in told and fix in told and "(check " not in told


@pytest.mark.parametrize(
    ("address", "hint"), [("garbage", False), ("sqlite:///x", False), ("postgresql://[", True), ("a@b", True)]
)
def test_a_password_is_spoken_of_where_there_may_be_one(address: str, hint: bool) -> None:
    """In a URL, or beside an @; else the forms of an address are shown."""
    told = str(malformed_address(address))
    assert ("%40" in told) == hint and ("host=HOST" in told) != hint and address not in told


@pytest.mark.parametrize("text", ["postgre", "Postgres", "postgresql", "POSTGRESS"])
def test_a_bare_name_like_postgres_is_misspelled(text: str) -> None:
    """It would be a file in the workspace; one with a directory or a suffix is meant."""
    assert f"'./{text}'" in misspelled_fix(text)
    for meant in (f"./{text}", f"{text}.sqlite", "results", "postgres", ".", str(StorePlace(None))):
        assert misspelled_fix(meant) == ""


def test_a_connection_that_libpq_closed_does_not_end_the_thread_that_hangs_up() -> None:
    """Its socket has no number any more, and the other waits are still looked after."""
    gone = psycopg.Connection(psycopg.pq.PGconn.connect_start(b"host=/nowhere"))
    with pytest.raises(psycopg.OperationalError):
        gone.fileno()
    _hang_up(gone)

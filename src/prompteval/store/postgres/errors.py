"""What went wrong with a Postgres, as an error that names the fix and holds no credential."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from prompteval.core.errors import StoreError
from prompteval.core.secret import hide
from prompteval.workspace.store_place import ADDRESS_VARIABLE, POSTGRES, is_address

if TYPE_CHECKING:
    import psycopg

# Whoever runs the same transaction again may get through: connection lost, server starting or stopping,
# a deadlock, and two transactions that could not be put in an order.
_PASSING: Final = ("08", "57P", "40001", "40P01", "53300")
_FIXES: Final = (
    (
        "42501",
        "the user lacks rights; GRANT them on the tables, and CREATE on the schema for the first run",
    ),
    (
        "25006",
        f"the server only reads; set the address of the primary in {ADDRESS_VARIABLE}, or that of a pooler"
        " which pools sessions",
    ),
    ("0A000", "where it is an extension that is not available: install pgvector on the server"),
    ("53100", "the server's disk is full"),
    ("3F000", "the schema of the search_path does not exist; CREATE SCHEMA it"),
    ("42P01", "the tables are not as prompteval made them; choose another database or schema"),
    ("42703", "the tables are not as prompteval made them; choose another database or schema"),
    ("57014", "raise the statement_timeout of this user"),
    ("42P07", "a table of that name was not created by prompteval; choose another database or schema"),
)
_REFUSED: Final = (
    ("authentication failed", f"check the user, and the password in ~/.pgpass or {ADDRESS_VARIABLE}"),
    ("no password supplied", f"put the password into ~/.pgpass or {ADDRESS_VARIABLE}"),
    ("no encryption", f"the server may want TLS: add sslmode=require to {ADDRESS_VARIABLE}"),
    ("does not support SSL", f"turn TLS on at the server, or leave sslmode out of {ADDRESS_VARIABLE}"),
    ("root certificate file", f"add sslrootcert with the certificate, or =system, to {ADDRESS_VARIABLE}"),
    ("too many connections", "close some, or raise the limit of the server or of this user"),
    ("connection slots are reserved", "close some connections, or raise the limit of the server"),
    ("does not exist", f"create it, or name another in {ADDRESS_VARIABLE}"),
)

# The variables of libpq that say which server is meant.
_SERVER: Final = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE")

_NO_SERVER: Final = "Is the server running"


def is_passing(error: "psycopg.Error") -> bool:
    """Whether the same work may go through when it is tried again."""
    import psycopg

    code = error.sqlstate
    if code is None:  # the connection broke: libpq has no code for that
        return isinstance(error, psycopg.OperationalError)
    return str(code).startswith(_PASSING)


def store_error(error: "psycopg.Error", doing: str) -> StoreError:
    """An error while the store was read or written; `doing` says so: "could not be read"."""
    fix = next((fix for code, fix in _FIXES if error.sqlstate == code), "")
    text = one_line(error)
    return StoreError(POSTGRES, f"{doing}: {text} ({fix})" if fix else f"{doing}: {text}")


def malformed_address(address: str) -> StoreError:
    """An address that libpq does not take; what it says quotes parts of a password with an @ or a space."""
    text = "the address is neither postgresql://USER@HOST/DATABASE nor host=HOST dbname=DATABASE"
    if is_address(address) or "@" in address:
        text = "the address cannot be read; in a password of a URL, %40 is an @ and %2F a /"
    return StoreError(POSTGRES, f"{text} (correct {ADDRESS_VARIABLE})")


def connect_error(error: "psycopg.Error", environment: Mapping[str, str]) -> StoreError:
    """A server that cannot be reached, or lets nobody in; what the variables of `environment` named."""
    text = one_line(error)
    if fix := next((fix for part, fix in _REFUSED if part in text), ""):
        return StoreError(POSTGRES, f"cannot be reached: {text} ({fix})")
    named = [name for name in (ADDRESS_VARIABLE, *_SERVER) if environment.get(name)]
    fix = f"check {' and '.join(named)}" if named else f"set {ADDRESS_VARIABLE}"
    if not named and _NO_SERVER in text:
        unset = f"{ADDRESS_VARIABLE} is not set, nor PGHOST or PGSERVICE"
        return StoreError(POSTGRES, f"{unset}, and no server runs where libpq looks then ({fix})")
    return StoreError(POSTGRES, f"cannot be reached: {text} ({fix})")


def one_line(error: "psycopg.Error") -> str:
    """What the server said, without the position in a statement, without a credential."""
    primary = error.diag.message_primary
    lines = (primary or str(error)).splitlines()
    words = [" ".join(line.split()) for line in lines]
    sentences = [
        line if line.endswith((".", ":", ",", ";", "?")) else f"{line}." for line in words[:-1] if line
    ]
    return hide(" ".join([*sentences, *words[-1:]]))[:400]

"""What a database holds beside data: exactly what our migrations make, and nothing that came with it."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache

Migration = Callable[[sqlite3.Connection], None]
# (kind, name) to (table, SQL) of everything in a schema.
Schema = dict[tuple[str, str], tuple[str, str]]
MOST_ENTRIES = 1_000


def schema_of(connection: sqlite3.Connection) -> Schema:
    """The schema of a database, spaces in its SQL made one."""
    sql = f"SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT {MOST_ENTRIES}"
    return {
        (str(kind), str(name)): (str(table), " ".join(str(text).split()))
        for kind, name, table, text in connection.execute(sql)
    }


@cache
def schema_made_by(migrations: tuple[Migration, ...]) -> Schema:
    """The schema that these migrations make, tried in memory."""
    connection = sqlite3.connect(":memory:")
    try:
        for migration in migrations:
            migration(connection)
        return schema_of(connection)
    finally:
        connection.close()


def foreign_part(found: Schema, migrations: Sequence[Migration]) -> str:
    """What of a schema is not as these migrations make it, in words; empty where all is.

    A trigger, a view or a virtual table in a file that came from elsewhere would change what is stored,
    or run code of its author's choice, on the first use of the table beside it.
    """
    ours = schema_made_by(tuple(migrations))
    for key in sorted(found.keys() - ours.keys()):
        return f"has a {key[0]} named {key[1][:60]!r}, which prompteval did not create"
    for key in sorted(ours.keys() - found.keys()):
        return f"has no {key[0]} named {key[1]!r}"
    for key in sorted(ours):
        if found[key] != ours[key]:
            return f"has a {key[0]} named {key[1]!r} that is not as prompteval created it"
    return ""

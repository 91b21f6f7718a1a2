"""What Postgres holds of a run, read in pages by key, so that nothing is held whole and no cursor is open."""

from collections.abc import Iterator, Sequence
from typing import Final

from prompteval.store.hashes import FACTS, KEY, RECORD, Columns
from prompteval.store.postgres.session import Session, key_text, read_key

# Of rows: as many as have about so many bytes, and no more than so many. Of hashes and keys: so many.
PAGE_BYTES: Final = 4_000_000
FIRST_PAGE: Final = 50
LARGEST_PAGE: Final = 2_000
NARROW_PAGE: Final = 20_000
_TEXTS: Final = 5  # of KEY; the last one is a number
_PLACE: Final = "(suite, target, model, case_id, replicate)"
ATTEMPT: Final = (
    "one.id, suite, target, model, case_id, replicate, key, started, outcome, ms, coalesce(billed, 1),"
    " prompt_tokens, completion_tokens"
)
_ATTEMPTS: Final = (
    f"SELECT {ATTEMPT} FROM prompteval_attempts AS one"
    " LEFT JOIN prompteval_attempt_ends USING (run_id, writer, number)"
    " WHERE run_id = %s AND one.id > %s ORDER BY one.id LIMIT %s"
)


def row_pages(
    session: Session,
    columns: str,
    run_id: str,
    filters: Sequence[tuple[str, str]] = (),
    *,
    narrow: bool = False,
    where: str = "",
) -> Iterator[Columns]:
    """KEY and some columns of the rows of a run, by key; `filters` are columns of the key with their values.

    `narrow` says that the columns are short. `where` is one more condition, without values.
    """
    given = [key_text(run_id), *(key_text(value) for _, value in filters)]
    parts = ["run_id = %s", *(f"{name} = %s" for name, _ in filters)]
    parts += [where] if where else []
    after: list[object] = []
    count = NARROW_PAGE if narrow else FIRST_PAGE
    while True:
        found_after = [f"{_PLACE} > (%s, %s, %s, %s, %s)"] if after else []
        sql = (
            f"SELECT {KEY}, {columns} FROM prompteval_rows WHERE {' AND '.join([*parts, *found_after])}"
            f" ORDER BY {KEY} LIMIT %s"
        )
        page = session.execute(sql, [*given, *after, count])
        for one in page:
            yield (*map(read_key, one[:_TEXTS]), *one[_TEXTS:])
        if len(page) < count:
            return
        after = list(page[-1][1 : _TEXTS + 1])
        if not narrow:
            size = sum(len(value) for one in page for value in one if isinstance(value, str))
            count = max(1, min(LARGEST_PAGE, PAGE_BYTES * len(page) // max(size, 1)))


def attempt_pages(session: Session, run_id: str) -> Iterator[Columns]:
    """The attempts of a run in the order they began, numbered in it."""
    after, number = -1, 0
    while page := session.execute(_ATTEMPTS, (key_text(run_id), after, NARROW_PAGE)):
        for _, *rest in page:
            yield (number, *map(read_key, rest[:4]), *rest[4:])
            number += 1
        after = page[-1][0]
        if len(page) < NARROW_PAGE:
            return


class PostgresContents:
    """See `RunContents`; the session is in a transaction where others may write."""

    def __init__(self, session: Session, run_id: str) -> None:
        self._session = session
        self._run = run_id

    def record(self) -> Columns | None:
        return stored_record(self._session, self._run)

    def hashed_rows(self) -> Iterator[Columns]:
        return row_pages(self._session, f"{FACTS}, case_json, observation, scores, hash", self._run)

    def row_hashes(self) -> Iterator[str]:
        return (found[-1] for found in row_pages(self._session, "hash", self._run, narrow=True))

    def attempts(self) -> Iterator[Columns]:
        return attempt_pages(self._session, self._run)

    def row_count(self) -> int:
        return count_rows(self._session, self._run)


def stored_record(session: Session, run_id: str, *, lock: str = "") -> Columns | None:
    """A run's record as RECORD with its hash; `lock` is how its row is held until the transaction ends."""
    sql = f"SELECT {RECORD}, hash FROM prompteval_runs WHERE run_id = %s {lock}"
    found = session.execute(sql, (key_text(run_id),))
    return (read_key(found[0][0]), *found[0][1:]) if found else None


def count_rows(session: Session, run_id: str) -> int:
    """How many rows a run has."""
    sql = "SELECT count(*) FROM prompteval_rows WHERE run_id = %s"
    return int(session.execute(sql, (key_text(run_id),))[0][0])

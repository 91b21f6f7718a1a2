"""The statements that add rows and attempts: many in one, and the same ones twice are stored once."""

from collections.abc import Iterable, Sequence
from typing import Final

from prompteval.core.observation import Row, is_settled
from prompteval.store.hashes import FACTS, KEY
from prompteval.store.journal import Attempt
from prompteval.store.postgres.database import refuse_ended
from prompteval.store.postgres.session import Session, key_text
from prompteval.store.row_form import hashed_columns

RowColumns = tuple[object, ...]
_COLUMNS: Final = f"{KEY}, {FACTS}, case_json, observation, scores, hash, settled"
_TYPES: Final = (*["text"] * 5, "int", "text", "text", "float8", "float8", *["text"] * 4, "bool")
_CHANGED: Final = _COLUMNS.removeprefix(f"{KEY}, ").split(", ")
_ROWS: Final = (
    f"INSERT INTO prompteval_rows AS kept ({_COLUMNS})"
    f" SELECT * FROM unnest({', '.join(f'%s::{one}[]' for one in _TYPES)})"
    f" ON CONFLICT ({KEY}) DO UPDATE SET {', '.join(f'{name} = EXCLUDED.{name}' for name in _CHANGED)}"
    " WHERE NOT kept.settled"
)
_BEGUN: Final = (
    "INSERT INTO prompteval_attempts (run_id, writer, number, suite, target, model, case_id, replicate, key,"
    " started) SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[],"
    " %s::text[], %s::int[], %s::text[], %s::float8[]) ON CONFLICT DO NOTHING"
)
_ENDED: Final = (
    "INSERT INTO prompteval_attempt_ends (run_id, writer, number, outcome, ms, billed, prompt_tokens,"
    " completion_tokens) SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::float8[],"
    " %s::int[], %s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING"
)
_KEY_LENGTH: Final = 6


def stored_form(row: Row) -> RowColumns:
    """The columns of a row as they are stored, with its hash and whether it is final."""
    key, facts, texts, mark = hashed_columns(row)
    place = (*(key_text(part) for part in key[:5]), row.replicate)
    return (*place, *facts, *texts, mark, is_settled(row))


def insert_rows(session: Session, rows: Sequence[RowColumns]) -> None:
    """Add rows, in the order of their keys: two writers of the same rows never wait in a ring.

    Of one key the first final row is kept, else the last one. Raises RunEnded.
    """
    chosen: dict[tuple[object, ...], RowColumns] = {}
    for row in rows:
        key = row[:_KEY_LENGTH]
        if key not in chosen or not chosen[key][-1]:
            chosen[key] = row
    found = [chosen[key] for key in sorted(chosen, key=lambda key: [str(part) for part in key])]
    refuse_ended(session, sorted({str(row[0]) for row in found}))
    session.execute(_ROWS, [list(column) for column in zip(*found, strict=True)])


def insert_attempts(session: Session, run_id: str, writer: str, attempts: Iterable[Attempt]) -> None:
    """Add the attempts of a journal, whole."""
    begun, ended = [], []
    for number, suite, target, model, case_id, replicate, key, started, outcome, *rest in attempts:
        begun.append((number, suite, target, model, case_id, replicate, key, started))
        if outcome is not None:
            ended.append((number, outcome, *rest))
    insert_begun(session, run_id, writer, begun)
    insert_ended(session, run_id, writer, ended)


def insert_begun(session: Session, run_id: str, writer: str, begun: Sequence[Attempt]) -> None:
    """Add the beginnings of attempts: (number, suite, target, model, case id, replicate, key, started)."""
    stored = [(one[0], *(key_text(part) for part in one[1:5]), *one[5:]) for one in begun]
    _insert(session, _BEGUN, run_id, writer, stored)


def insert_ended(session: Session, run_id: str, writer: str, ended: Sequence[Attempt]) -> None:
    """Add the ends of attempts: (number, outcome, ms, billed, prompt tokens, completion tokens)."""
    _insert(session, _ENDED, run_id, writer, ended)


def _insert(session: Session, sql: str, run_id: str, writer: str, found: Sequence[Attempt]) -> None:
    if found:
        columns = [list(column) for column in zip(*found, strict=True)]
        session.execute(sql, [[key_text(run_id)] * len(found), [writer] * len(found), *columns])

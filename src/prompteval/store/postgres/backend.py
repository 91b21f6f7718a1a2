"""Results and cached replies in the Postgres that PROMPTEVAL_STORE_URL, or libpq, names."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from prompteval.core.errors import NoResults, UsageError
from prompteval.store.exchanges import ReadExchange, no_exchange
from prompteval.store.hashes import Columns
from prompteval.store.postgres.cache import PostgresCache, stored_exchange
from prompteval.store.postgres.lease import driver_of
from prompteval.store.postgres.results import PostgresStore
from prompteval.store.postgres.schema import TABLES, prepare, refuse_other
from prompteval.store.postgres.session import Session, key_text, read_key
from prompteval.store.protocol import Checked, StoreSizes
from prompteval.workspace.store_place import POSTGRES

_SIZE = (
    "SELECT coalesce(sum(pg_total_relation_size(to_regclass(name))), 0)::bigint"
    " FROM unnest(%s::text[]) AS name"
)
# Who adds rows holds its run for a moment, as `refuse_ended` says: it is done before a row of it goes.
_TAKEN = "SELECT run_id FROM prompteval_runs WHERE run_id = ANY(%s) ORDER BY run_id FOR UPDATE"


class PostgresBackend:
    """See `Backend`."""

    place = POSTGRES

    def open(self, *, readonly: bool = False, checked: Checked | None = None) -> PostgresStore:
        return PostgresStore.open(readonly=readonly, checked=checked)

    def open_cache(self) -> PostgresCache:
        return PostgresCache()

    def has_cache(self) -> bool:
        with _session(readonly=True) as session:
            try:
                refuse_other(session)
            except NoResults:
                return False
            return True

    @contextmanager
    def exchanges(self) -> Iterator[ReadExchange]:
        with _session(readonly=True) as session:
            try:
                refuse_other(session)
            except NoResults:
                yield no_exchange
                return
            yield partial(stored_exchange, session)

    def sizes(self) -> StoreSizes:
        with _session(readonly=True) as session:
            results = session.execute(_SIZE, ([f"prompteval_{table}" for table in TABLES],))[0][0]
            return StoreSizes(results, session.execute(_SIZE, (["prompteval_replies"],))[0][0])

    def delete_runs(self, run_ids: Sequence[str]) -> set[str]:
        keys = [key_text(run_id) for run_id in run_ids]
        if not keys:
            return set()

        def work() -> set[str]:
            with session.transaction():
                found = session.execute(_TAKEN, (keys,))
                for table in TABLES:
                    session.execute(f"DELETE FROM prompteval_{table} WHERE run_id = ANY(%s)", (keys,))
            return {read_key(one[0]) for one in found}

        with _session() as session:
            prepare(session)
            for run_id in run_ids:
                if driver := driver_of(session, run_id):
                    raise UsageError(
                        f"run {run_id} is being run by {driver}", "wait for it to end, or stop it"
                    )
            return session.retried(work, "nothing could be removed")

    def delete_replies(self, before_day: int | None) -> int:
        sql = "WITH gone AS (DELETE FROM prompteval_replies WHERE %s::int IS NULL OR day < %s RETURNING 1)"

        def work() -> list[Columns]:
            with session.transaction():
                return session.execute(f"{sql} SELECT count(*) FROM gone", (before_day, before_day))

        with _session() as session:
            prepare(session)
            found = session.retried(work, "nothing could be removed")
        return int(found[0][0])


@contextmanager
def _session(*, readonly: bool = False) -> Iterator[Session]:
    session = Session(readonly=readonly)
    try:
        yield session
    finally:
        session.close()

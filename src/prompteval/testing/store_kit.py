"""Checks that a store of results keeps the promises of `ResultsStore`; each raises AssertionError."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Call, Failure, Observation, Row, Score
from prompteval.core.request import Usage
from prompteval.core.stored import EntryKey, RowFields
from prompteval.store.protocol import FailureCount, ResultsStore
from prompteval.store.sent_batches import SentBatch

Open = Callable[[], ResultsStore]
# Texts that databases are known to change, refuse or order in another way.
IDS = ("A", "A\x00b", "A\x01", "C", "a", "b", "c10", "c2", "É", "é", "ﬁ", "\U0001f600")
_TEXT = "a\x00b \ud800 \x1b[1m é"
_NAMES = ("s", "p@v1", "m")


def kit_rows(run_id: str, ids: Sequence[str] = IDS) -> list[Row]:
    """A row of each case, by id."""
    call = Call("m", "sha256:0", "live", 1, 2.5, Usage(4, 3))
    seen = Observation(
        "ok", text=_TEXT, calls=(call,), latency_ms=-0.0, confidence=0.1, logprobs=(-0.5,),
        details={"confidence": 0.1}, priced_usd=0.25,
    )  # fmt: skip
    scores = (Score("exact", 0.0, labels=("a", None), passed=False),)
    cases = [Case(one, {"message": _TEXT}, tags={"channel": "mail"}, line=0) for one in ids]
    return [Row(run_id, *_NAMES[:2], "sha256:0", "m", case, 0, seen, scores) for case in cases]


def check_store(open_store: Open, directory: Path) -> list[str]:
    """A store gives back what it was given, counts each key once, and knows one driver of a run.

    `open_store` opens the same store again, for writing, each time; it must be empty at first. `directory` is
    for what is kept in files. Gives the runs that are in the store then, the last first.
    """
    _check_rows(open_store)
    _check_rows_again(open_store)
    _check_writers(open_store)
    _check_attempts(open_store, directory)
    _check_batches(open_store, directory)
    _check_ends(open_store)
    _check_ids(open_store)
    with _opened(open_store) as store:
        return [record.run_id for record in store.runs()]


def _check_rows(open_store: Open) -> None:
    given = kit_rows("rows")
    with _opened(open_store) as store:
        store.begin_run("rows", {"entries": [list(_NAMES)]}, "2026-01-01T00:00:00")
        store.add_rows(reversed(given))
        assert list(store.rows("rows")) == given, "rows come by key, in the order of their bytes, unchanged"
    with _opened(open_store) as store:
        assert list(store.rows("rows")) == given, "rows are the same after the store was opened again"
        found = [row.case.id for row in store.rows("rows", *_NAMES, IDS[1])]
        assert found == [IDS[1]], f"one case gives {found}"
        assert store.row_count("rows") == len(given), "every row is counted once"
        key = EntryKey("rows", *_NAMES)
        stored = list(store.entry_rows(key, RowFields(reported=True, mark=True)))
        assert [row.case_id for row in stored] == [row.case.id for row in given]
        spent = {"latency_ms": 0.0, "cost_usd": 0.25, "tokens": 7.0}
        assert all(row.reported.spent == spent for row in stored), "what a case took is given back"
        assert all(row.reported.logprobs == (-0.5,) and row.reported.tokens == 3 for row in stored)
        assert store.texts(key, IDS[:2]) == dict.fromkeys(IDS[:2], _TEXT), "texts are unchanged"
        assert store.tokens(key) == (4 * len(given), 3 * len(given)), "tokens of every call are summed"
        assert store.done("rows", *_NAMES[:2], "sha256:0", "m") == {(one, 0) for one in IDS}
        assert store.done("rows", *_NAMES[:2], "sha256:1", "m") == set(), "of another prompt none is done"


def _check_rows_again(open_store: Open) -> None:
    """An error is replaced by what comes after it; the same row again changes nothing."""
    answers = kit_rows("again")
    wrong = Observation("error", failure=Failure("generation", "timeout", "no answer"))
    failed = [replace(row, observation=wrong, scores=()) for row in answers]
    with _opened(open_store) as store:
        store.begin_run("again", {}, "2026-01-01T00:00:01")
        store.add_rows(failed)
        key = EntryKey("again", *_NAMES)
        assert store.failures(key, 5) == [FailureCount("timeout", "no answer", len(IDS))]
        assert store.done("again", *_NAMES[:2], "sha256:0", "m") == set(), "an error is run again"
        store.add_rows(answers[:6])
        store.add_rows(answers)
        assert list(store.rows("again")) == answers, "an answer replaces an error, and stands once"
        assert store.failures(key, 5) == []


def _check_writers(open_store: Open) -> None:
    """Two stores write rows of one run, the same ones too."""
    given = kit_rows("writers", [f"c{number:03}" for number in range(200)])
    with _opened(open_store) as one, _opened(open_store) as other:
        one.begin_run("writers", {}, "2026-01-01T00:00:02")
        one.flush()
        for start in range(0, 200, 10):
            one.add_rows(given[start : start + 15])
            other.add_rows(given[190 - start : 205 - start])
        other.flush()
        one.flush()
        assert list(other.rows("writers")) == given, "rows of two writers are there once"


def _check_attempts(open_store: Open, directory: Path) -> None:
    """Attempts are kept, one without an end as such; one process at a time has the journal."""
    case = (*_NAMES, IDS[1], 0)
    with _opened(open_store) as store:
        store.begin_run("attempts", {}, "2026-01-01T00:00:03")
        store.flush()
        journal = store.open_journal("attempts", directory)
        first, second = journal.begin(case, "k1"), journal.begin(None, "k2")
        journal.end(first, "ok", 1.5, billed=True, usage=Usage(4, 3))
        with _opened(open_store) as other:
            try:
                other.open_journal("attempts", directory)
            except UsageError as error:
                assert "attempts" in str(error), "the refusal of a second driver names the run"
            else:
                raise AssertionError("a second driver of a run is refused")
        journal.finish()
        journal.release()
        found = [(one[:7], one[8:]) for one in store.attempts("attempts")]
        assert found == [
            ((0, *case, "k1"), ("ok", 1.5, 1, 4, 3)),
            ((1, "", "", "", "", 0, "k2"), (None, None, 1, None, None)),
        ], f"attempts are {found}"
        assert (first, second) == (0, 1) and store.unseen_attempts("attempts") == {("", "", ""): 1}


def _check_batches(open_store: Open, directory: Path) -> None:
    """What a run has sent is known after the store was opened again, until it is removed."""
    given = [SentBatch("m", "batch_1", 25, collected=True, part=0), SentBatch("m\x00", "", 3, part=1)]
    with _opened(open_store) as store:
        store.begin_run("batches", {}, "2026-01-01T00:00:04")
        assert store.sent_batches("batches", directory).read() == [], "nothing was sent at first"
        store.sent_batches("batches", directory).write(given)
        store.sent_batches("batches", directory).write(given)
    with _opened(open_store) as store:
        found = store.sent_batches("batches", directory).read()
        assert found == given, f"what was sent is {found}"
        store.sent_batches("batches", directory).remove()
        assert store.sent_batches("batches", directory).read() == [], "what was removed is read again"


def _check_ends(open_store: Open) -> None:
    """A run that ended is as it was, can be continued, and its records have their order."""
    with _opened(open_store) as store:
        store.finish_run("rows", "fail", 1, {"cases": 12}, "2026-01-01T00:01:00")
        found = store.run("rows")
        assert (found.verdict, found.exit_code, found.summary) == ("fail", 1, {"cases": 12})
        order = [record.run_id for record in store.runs()]
        assert order == ["batches", "attempts", "writers", "again", "rows"], (
            f"runs by their beginning are {order}"
        )
        assert store.runs(1)[0].run_id == store.find("last").run_id == store.find("bat").run_id == "batches"
        known = store.known("again")
        assert known is not None and known.run_id == "again", "a run is not known by its id"
        assert store.known("aga") is None, "a run is known by less than its id"
        store.set_name("release", "again")
        store.set_name("release", "rows")
        assert store.names() == {"release": "rows"} and store.find("baseline:release").run_id == "rows"
        store.continue_run("rows")
        store.add_rows(kit_rows("rows", ["later"]))
        store.finish_run("rows", "pass", 0, {"cases": 13}, "2026-01-01T00:02:00")
    with _opened(open_store) as store:
        assert (store.run("rows").verdict, store.row_count("rows")) == ("pass", len(IDS) + 1)
        try:
            store.run("nothing")
        except UsageError:
            return
        raise AssertionError("a run that is not there is refused")


def _check_ids(open_store: Open) -> None:
    """A run is found by its whole id, however many later ones begin with it, as shards do."""
    begun = ["many", *(f"many-{number}" for number in range(1, 31)), "other"]
    with _opened(open_store) as store:
        for number, run_id in enumerate(begun):
            store.begin_run(run_id, {}, f"2026-01-01T01:00:{number:02}")
        found = store.find("many")
        assert found.run_id == "many", f"the run of a whole id is {found.run_id}"
        assert store.find("many-30").run_id == "many-30" and store.find("last").run_id == "other"
        for name in ("many-", "\udcff", "a\x00"):
            try:
                store.find(name)
            except UsageError as error:
                assert "matches" in str(error), f"{name!r}, which no run or several may mean, gives {error}"
                continue
            raise AssertionError(f"{name!r}, which no run or several may mean, is refused")


@contextmanager
def _opened(open_store: Open) -> Iterator[ResultsStore]:
    store = open_store()
    try:
        yield store
    finally:
        store.close()

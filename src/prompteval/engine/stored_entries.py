"""The entries of a stored run, to be analysed."""

from collections.abc import Sequence
from functools import partial

from prompteval.core.errors import UsageError
from prompteval.core.stored import EntryKey, StoredEntry
from prompteval.report.result_view import ResultView
from prompteval.store.protocol import ResultsStore
from prompteval.store.records import RunRecord
from prompteval.store.suite_facts_form import facts_from


def stored_entries(
    store: ResultsStore, record: RunRecord, results: Sequence[ResultView]
) -> list[StoredEntry]:
    """The entries of a stored run, which `store` must outlive.

    Raises UsageError for a run from before runs could be compared.
    """
    return [_stored_entry(store, record, result) for result in results]


def _stored_entry(store: ResultsStore, record: RunRecord, result: ResultView) -> StoredEntry:
    facts = record.manifest["suites"][result.suite]
    if "measures" not in facts:
        raise UsageError(f"run {record.run_id} is from an older prompteval", "run it again to compare it")
    key = EntryKey(record.run_id, result.suite, result.prompt, result.model)
    return StoredEntry(
        run_id=record.run_id,
        suite=result.suite,
        target=result.prompt,
        fingerprint=result.fingerprint,
        model=result.model,
        facts=facts_from(facts),
        rows=partial(store.entry_rows, key),
        texts=partial(store.texts, key),
        tokens=partial(store.tokens, key),
        usable=result.cases["scored"] + result.cases["invalid"],
        timed=not (result.usage["cached"] or result.usage["replayed"]),
        cost_usd=result.usage["cost_usd"],
        content=facts.get("prompts", {}).get(result.prompt, {}).get("content", {}),
    )

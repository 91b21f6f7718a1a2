"""The newest stored runs, and what a list of them has of each."""

from collections.abc import Collection, Iterable, Sequence

from prompteval.core.errors import NoResults
from prompteval.engine.stored import reading, results_of
from prompteval.plan.run_options import shard_of
from prompteval.plan.shard_runs import cluster_run
from prompteval.report.run_list import ListedResult, ListedRun
from prompteval.store.records import RunRecord
from prompteval.workspace.settings import Workspace

# So many times as many records are read where shards were among the newest.
_MORE = 8


def newest_runs(workspace: Workspace, limit: int) -> list[RunRecord]:
    """At most `limit` runs, the last first, damaged ones too; none when there is no database yet.

    The shards that a run on a cluster left are parts of it, and no runs beside it.
    """
    try:
        with reading(workspace) as store:
            asked = limit
            while True:
                found = store.runs(asked)
                clusters = {cluster_run(record.run_id, record.manifest) for record in found} - {""}
                known = [run_id for run_id in clusters if store.known(run_id) is not None]
                whole = without_shards(found, known)
                if len(whole) >= limit or len(found) < asked:
                    return whole[:limit]
                asked *= _MORE
    except NoResults:
        return []


def without_shards(records: Iterable[RunRecord], of: Collection[str]) -> list[RunRecord]:
    """The records but for the shards of some runs."""
    return [record for record in records if cluster_run(record.run_id, record.manifest) not in of]


def listed_run(record: RunRecord, names: Sequence[str]) -> ListedRun:
    """A run as `runs` lists it, with its names and the metrics that decide a comparison of it."""
    state = "damaged" if record.damage else record.verdict or "unfinished"
    shard = None if record.damage else shard_of(record.manifest.get("options"))
    if shard is not None and record.verdict == "inconclusive":
        state = f"shard {shard}"
    part_of = str(record.manifest.get("side")) if cluster_run(record.run_id, record.manifest) else ""
    compared = "" if part_of else str(record.manifest.get("compared") or record.manifest.get("side") or "")
    suites = record.manifest.get("suites", {})
    values = _metric_values(record)
    results = []
    for suite, target, model in record.manifest.get("entries", []):
        deciding = suites.get(suite, {}).get("primary", ()) if record.summary is not None else ()
        metrics = {name: values.get((suite, target, model, name)) for name in deciding}
        results.append(ListedResult(suite, target, model, metrics))
    return ListedRun(record.run_id, record.started, state, results, compared, record.damage, names, part_of)


def _metric_values(record: RunRecord) -> dict[tuple[str, ...], float | None]:
    """(suite, target, model, metric) to its value, in a run that has ended and can be read."""
    return {
        (one.suite, one.prompt, one.model, name): estimate.value
        for one in results_of(record)
        for name, estimate in one.metrics.items()
    }

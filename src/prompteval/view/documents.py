"""What the page asks for, read from the store: a history, a run, a comparison, their rows, one case."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prompteval.analysis.comparison.options import CompareOptions
from prompteval.core.observation import Row
from prompteval.core.text import counted
from prompteval.engine.compare.compare import comparison
from prompteval.engine.compare.sides import Side
from prompteval.engine.history import history
from prompteval.engine.progress import Progress
from prompteval.engine.run_list import newest_runs
from prompteval.engine.stored import ended, kept_exchanges, reading, run_facts, thumbnails
from prompteval.plan.run_options import RunOptions
from prompteval.report.page.case_rows import Room, in_full, listed, raw_exchanges
from prompteval.report.page.comparison import comparison_json
from prompteval.report.page.document import Headline, Section, page_json, rows_expected, run_json
from prompteval.report.page.history import history_json
from prompteval.report.table import Table
from prompteval.report.thumbnails import PageImages
from prompteval.store.protocol import Checked
from prompteval.store.records import RunRecord
from prompteval.workspace.settings import Workspace

HISTORY_RUNS = 200
LISTED_ROWS = 500
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """Where the rows of a column are stored."""

    run_id: str
    suite: str
    target: str
    model: str


def history_document(workspace: Workspace) -> Json:
    """The metrics of stored runs over time, and what is running or did not end."""
    document: Json = history_json(history(workspace, HISTORY_RUNS))
    open_runs = [
        one for one in newest_runs(workspace, HISTORY_RUNS) if one.summary is None and not one.damage
    ]
    if open_runs:
        rows = [[one.run_id, one.started[:19].replace("T", " ")] for one in open_runs]
        running = Section("Running, or not ended", tables=[Table("", ("run", "started"), rows, texts=2)])
        document["sections"] = [running.as_json(), *document["sections"]]
    for section in document["sections"]:
        for table in section["tables"]:
            if table["heads"][0] == "run":
                table["links"] = [f"/runs/{row[0].partition(' ')[0]}" for row in table["rows"]]
    return document


def run_document(workspace: Workspace, run_id: str, checked: Checked | None = None) -> Json:
    """A run as its report has it; of one that is running, what is there. Raises UsageError."""
    with reading(workspace, checked) as store:
        record = store.run(run_id)
        if record.summary is None:
            document = _unfinished(record)
        else:
            document = run_json(ended(workspace, store, record.run_id)[1])
    before = [one.run_id for one in newest_runs(workspace, HISTORY_RUNS) if one.started < record.started]
    links = [["history", "/"]]
    if record.summary is not None:
        links.append(["label", f"/runs/{record.run_id}/label"])
        links += [["compare with the run before", f"/compare/{one}/{record.run_id}"] for one in before[:1]]
    return {**document, "links": links}


def _unfinished(record: RunRecord) -> Json:
    facts = run_facts(record.manifest, record.started)
    head = Headline(
        f"prompteval run {record.run_id}", "running", "incomplete", "its rows are shown as they come",
        (("started", facts.started),),
    )  # fmt: skip
    columns = [
        {"suite": one.suite, "prompt": one.target, "version": one.target, "model": one.model}
        for one in columns_of(record)
    ]
    return page_json("run", head, [], {"columns": columns, "live": True})


def columns_of(record: RunRecord) -> list[Column]:
    """The columns of a run, in the order of its results."""
    return [Column(record.run_id, *map(str, entry)) for entry in record.manifest.get("entries", [])]


def run_columns(workspace: Workspace, run_id: str, checked: Checked | None = None) -> list[Column]:
    """The columns of a run that has ended or is running. Raises UsageError for no such run."""
    with reading(workspace, checked) as store:
        record = store.run(run_id)
        if record.summary is None:
            return columns_of(record)
        view = ended(workspace, store, record.run_id)[1]
        return [Column(record.run_id, one.suite, one.prompt, one.model) for one in view.results]


def comparison_document(workspace: Workspace, a: str, b: str) -> tuple[Json, list[Column]]:
    """Two stored runs compared, and where the rows of its columns are. Raises as `compare`."""
    with comparison(
        workspace, Side("run", a), Side("run", b), CompareOptions(), RunOptions(), Progress()
    ) as view:
        document = comparison_json(view)
        columns = [
            Column(end.run_id, result.suite, end.prompt, end.model)
            for result in view.results
            for end in (result.a, result.b)
            if end.run_id is not None
        ]
    return {**document, "links": [["history", "/"], ["A", f"/runs/{a}"], ["B", f"/runs/{b}"]]}, columns


def listed_blocks(
    workspace: Workspace, columns: list[Column], checked: Checked | None = None
) -> Iterator[list[Json]]:
    """The rows of all columns for the list, some at a time."""
    room = Room.of(_count(workspace, columns, checked))
    block: list[Json] = []
    with reading(workspace, checked) as store:
        for place, one in enumerate(columns):
            for row in store.rows(one.run_id, one.suite, one.target, one.model):
                block.append(listed(row, place, room))
                if len(block) >= LISTED_ROWS:
                    yield block
                    block = []
    if block:
        yield block


def case_in_full(
    workspace: Workspace, column: Column, case_id: str, replicate: int, checked: Checked | None = None
) -> Json | None:
    """One row in full; None where there is none."""
    row = _row(workspace, column, case_id, replicate, checked)
    return None if row is None else in_full(row, Room.of(1), PageImages(thumbnails(workspace).data_url))


def _row(
    workspace: Workspace, column: Column, case_id: str, replicate: int, checked: Checked | None
) -> Row | None:
    with reading(workspace, checked) as store:
        for row in store.rows(column.run_id, column.suite, column.target, column.model, case_id):
            if row.replicate == replicate:
                return row
    return None


def exchanges_in_full(
    workspace: Workspace, column: Column, case_id: str, replicate: int, checked: Checked | None = None
) -> list[dict[str, str]]:
    """What one row sent and got, as far as it is kept."""
    row = _row(workspace, column, case_id, replicate, checked)
    with kept_exchanges(workspace) as exchanges_of:
        return [] if row is None else raw_exchanges(exchanges_of(row), Room.of(1))


def run_and_rows(workspace: Workspace, run_id: str) -> tuple[RunRecord, int]:
    """(a run, how many rows it has now). Raises UsageError for no such run, DamagedRun."""
    with reading(workspace) as store:
        record = store.find(run_id)
        store.refuse_damaged(record)
        return record, store.row_count(record.run_id)


def progress_of(workspace: Workspace, run_id: str) -> Json:
    """How many rows a run has, and whether it has ended. Raises UsageError for no such run."""
    record, done = run_and_rows(workspace, run_id)
    return {"ended": record.summary is not None, "sentence": f"{counted(done, 'row')} so far"}


def _count(workspace: Workspace, columns: list[Column], checked: Checked | None) -> int:
    """About how many rows there are; of a run that has not ended nobody knows."""
    total = 0
    with reading(workspace, checked) as store:
        for run_id in {one.run_id for one in columns}:
            record = store.run(run_id)
            total += 0 if record.summary is None else rows_expected(ended(workspace, store, run_id)[1])
    return total

"""`judge check` of recorded judgements of pairs."""

from dataclasses import dataclass
from pathlib import Path

from prompteval.analysis.judges.figures import Unparsed
from prompteval.analysis.judges.pairs import PairFigures, pair_figures
from prompteval.core.errors import UsageError
from prompteval.core.problem import Collector
from prompteval.judging.labels import of_people, read_labels
from prompteval.judging.recorded_pairs import (
    RecordedJudge,
    is_judgement,
    pair_labels,
    read_recorded_pairs,
)
from prompteval.plan.case_scan import read_source
from prompteval.workspace.discovery import find_suites
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite, load_suite
from prompteval.workspace.tree import WorkingTree

Tags = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class PairSource:
    """A file of recorded judgements, and what slices its pairs."""

    path: Path
    labels: Path | None
    tags: Tags


def pair_source(workspace: Workspace, name: str, labels: Path | None) -> PairSource | None:
    """The recorded judgements that a path or a suite's `outputs:` names; None where there are none."""
    if name.endswith(".jsonl"):
        path = Path.cwd() / name
        if not path.is_file():
            raise UsageError(f"{name}: no such file")
        return PairSource(path, labels, {}) if _holds_judgements(path) else None
    tree = WorkingTree(workspace.root)
    try:
        (found,) = find_suites(tree, (name,))
        suite = load_suite(tree, found)
    except (UsageError, ValueError):
        return None
    path = workspace.root / suite.target.value
    if suite.target.kind != "outputs" or not path.is_file() or not _holds_judgements(path):
        return None
    named = next((one.labels for one in suite.judges.values() if one.labels), "")
    own = workspace.root / named if named else None
    return PairSource(path, labels or own, _tags(tree, suite))


def _holds_judgements(path: Path) -> bool:
    """Whether the first row of a file is a judgement."""
    rows = read_jsonl(path.open("rb"), str(path), Collector(str(path)).add)
    return is_judgement(next((value for _, value in rows), None))


def _tags(tree: WorkingTree, suite: Suite) -> Tags:
    wanted = {named.text for named in suite.slices}
    return {
        case.id: {tag: value for tag, value in case.tags.items() if tag in wanted}
        for source in suite.cases
        for case in read_source(tree, suite, source, None, checked=True)
    }


def check_pairs(source: PairSource, unparsed: Unparsed) -> list[tuple[RecordedJudge, PairFigures]]:
    """Every judge of the file beside people.

    Raises UsageError where there are no labels, InvalidInput for lines that are wrong.
    """
    if source.labels is None:
        raise UsageError("no labels", "name a file with --labels")
    try:
        data = source.labels.read_bytes()
    except OSError as error:
        raise UsageError(f"{source.labels}: {error.strerror}") from None
    people = pair_labels(of_people(read_labels(data, str(source.labels))), str(source.labels))
    judges = read_recorded_pairs(source.path.read_bytes(), str(source.path))
    found = [(judge, pair_figures(judge, people, unparsed, source.tags)) for judge in judges]
    if not any(figures.pairs for _, figures in found):
        raise UsageError(f"no label of {source.labels} is of a pair of {source.path}")
    return found

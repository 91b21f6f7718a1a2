"""The checks of data files, in one pass over their rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from prompteval.core.errors import NothingSelected
from prompteval.core.observation import Row
from prompteval.core.problem import Problem
from prompteval.corpus.documents.directory import read_corpus
from prompteval.data.balance import Balance, check_balance
from prompteval.data.doubt import Answer, doubtful
from prompteval.data.findings import Findings, named
from prompteval.data.fitted import TEST, hashes, read_fitted
from prompteval.data.kept import KeptRows
from prompteval.data.languages import check_languages
from prompteval.data.leaks import Shown, check_corpus, check_examples, check_prompt
from prompteval.data.manifest import Manifest, Tally, difference, manifest_path, read_manifest
from prompteval.data.oddities import check_encodings, check_lengths, check_scripts
from prompteval.data.personal import check_personal
from prompteval.data.rows import DataRow, Fields, Raw, data_row, read_raw
from prompteval.data.sides import (
    check_conflicts,
    check_duplicates,
    check_groups,
    check_ids,
    check_times,
)
from prompteval.data.split import SPLIT, row_name, stratum_of
from prompteval.data.unseen import UnseenFields
from prompteval.engine.data.transform import SEEN_HELP
from prompteval.engine.stored import ended, reading, stored_rows
from prompteval.pii.span import PATTERNS, Kind
from prompteval.plan.prompt_references import resolve_prompt
from prompteval.prompt.messages import Part
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree

NEAR = 0.8


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What is compared with the files: other files by the name of their side, a prompt, a corpus, a run.

    `near` is the Jaccard index from which two texts are near-duplicates, None for equal ones alone.
    """

    fields: Fields = field(default_factory=Fields)
    references: Mapping[str, Path] = field(default_factory=dict)
    near: float | None = NEAR
    prompt: str | None = None
    corpus: str | None = None
    run: str | None = None
    transforms: Sequence[Path] = ()
    kinds: Sequence[Kind] = PATTERNS


@dataclass(frozen=True, slots=True)
class DataReport:
    """What was found, and what there is: rows by side, labels, spans of personal data by kind.

    `languages` are the rows of each, of those that were looked at and are certain; None without the extra.
    """

    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    rows: int
    sides: Mapping[str, int]
    balance: Balance | None
    personal: Mapping[str, int]
    languages: Mapping[str, int] | None = None

    def as_json(self) -> dict[str, object]:
        """`prompteval/data_check@1`, without the problems."""
        found: dict[str, object] = {
            "schema": "prompteval/data_check@1",
            "rows": self.rows,
            "splits": dict(self.sides),
            "findings": dict(sorted(self.counts.items())),
            "personal_data": dict(sorted(self.personal.items())),
            "labels": None,
            "languages": None if self.languages is None else dict(sorted(self.languages.items())),
        }
        if self.balance is not None:
            found["labels"] = {
                "classes": len(self.balance.counts),
                "effective_classes": self.balance.effective,
                "majority_accuracy": self.balance.majority,
            }
            if len(self.balance.counts) <= 200:
                found["counts"] = dict(self.balance.counts)
                found["weights"] = dict(self.balance.weights)
        return found


def check_files(files: Sequence[Path], options: CheckOptions, workspace: Workspace | None) -> DataReport:
    """Check files, each against itself, the others and what the options name; that needs the workspace.

    The texts are kept in a temporary file. Raises InvalidInput for a file that cannot be read,
    NothingSelected where there is no row.
    """
    findings, every = Findings(), KeptRows()
    with closing(every):
        for side, file in options.references.items():
            _read(file, options.fields, side, findings, every, UnseenFields({}))
        own = len(every)
        unseen = UnseenFields(options.fields.named())
        for file in files:
            _read(file, options.fields, "", findings, every, unseen)
        if len(every) == own:
            raise NothingSelected("the files have no rows")
        unseen.refuse(", ".join(map(str, files)))
        return _report(every, every[own:], options, workspace, findings)


def _report(
    every: Sequence[DataRow],
    rows: Sequence[DataRow],
    options: CheckOptions,
    workspace: Workspace | None,
    findings: Findings,
) -> DataReport:
    """All checks of `rows`; `every` has those of other files before them, which are compared with."""
    check_ids(rows, findings)
    check_duplicates(every, options.near, findings)
    check_groups(every, findings)
    check_times(every, findings)
    check_conflicts(every, findings)
    check_lengths(rows, findings)
    check_scripts(rows, findings)
    check_encodings(rows, findings)
    languages = check_languages(rows, findings)
    balance = check_balance(rows, findings)
    personal = check_personal(rows, findings, options.kinds)
    for transform in options.transforms:
        _transform(rows, transform, findings)
    if workspace is not None:
        _compare(rows, options, workspace, findings)
    sides = Counter(row.split or "none" for row in every)
    return DataReport(findings.problems(), findings.counts, len(rows), sides, balance, personal, languages)


def _transform(rows: Sequence[DataRow], path: Path, findings: Findings) -> None:
    """Test rows that a transform was fitted on."""
    fitted = read_fitted(path)
    for row in rows:
        if row.split == TEST and fitted.has_seen(hashes(row)):
            findings.add(row, "PD119", f"{path.name} was fitted on test row {named(row)}", SEEN_HELP)


def _compare(
    rows: Sequence[DataRow], options: CheckOptions, workspace: Workspace, findings: Findings
) -> None:
    if options.prompt:
        _prompt(rows, options, workspace, findings)
    if options.corpus:
        _corpus(rows, options.corpus, workspace, findings)
    if options.run:
        _doubts(rows, options.run, workspace, findings)


def _read(
    file: Path, fields: Fields, side: str, findings: Findings, kept: KeptRows, unseen: UnseenFields
) -> None:
    """Keep the rows of a file; one with a manifest beside it is compared with it on the way."""
    place = manifest_path(file)
    manifest = read_manifest(place, str(place)) if place.is_file() else None
    tally = Tally()
    for line, raw in unseen.through(read_raw(file)):
        if manifest is not None:
            _count(manifest, tally, raw)
        kept.append(data_row(raw, str(file), line, fields, side))
    wrong = difference(manifest, tally) if manifest is not None else ""
    if wrong:
        help = "split it again, and commit both files"
        findings.at(str(file), 0, "PD118", f"not as {place.name} says: {wrong}", help)


def _count(manifest: Manifest, tally: Tally, raw: Raw) -> None:
    stratum = stratum_of(raw, manifest.stratify) if manifest.stratify else ""
    tally.add(row_name(raw, manifest.id), str(raw.get(SPLIT, "")), stratum)


def _prompt(rows: Sequence[DataRow], options: CheckOptions, workspace: Workspace, findings: Findings) -> None:
    prompt = resolve_prompt(workspace, options.prompt or "")
    parts = [part for part in prompt.messages if isinstance(part, Part)]
    asked = [one for one, two in pairwise(parts) if (one.role, two.role) == ("user", "assistant")]
    fixed = [part for part in asked if "{{" not in part.text]
    check_examples(rows, map(_shown, fixed), options.near or NEAR, findings)
    check_prompt(rows, [_shown(part) for part in parts if part not in fixed], findings)


def _shown(part: Part) -> Shown:
    return Shown(f"{part.path}:{part.line}" if part.path else f"a {part.role} message", part.text)


def _corpus(rows: Sequence[DataRow], path: str, workspace: Workspace, findings: Findings) -> None:
    documents = (document for _, document in read_corpus(WorkingTree(workspace.root), path))
    check_corpus(rows, (Shown(one.id, one.text) for one in documents if one is not None), findings)


def _doubts(rows: Sequence[DataRow], run: str, workspace: Workspace, findings: Findings) -> None:
    """The labels that a run's answers doubt, at the rows of these files."""
    by_id = {row.id: place for place, row in enumerate(rows) if row.id}
    with reading(workspace) as store:
        run_id = ended(workspace, store, run)[0].run_id
    answers = [answer for row in stored_rows(workspace, run_id) if (answer := _answer(row)) is not None]
    for doubt in doubtful(answers, most=None):
        place = by_id.get(doubt.answer.id)
        if place is not None:
            found = doubt.answer
            message = (
                f"label {found.label!r} is doubtful: {found.answered!r} was answered with confidence"
                f" {found.confidence:.2f}, and {doubt.threshold:.2f} is usual where that is right"
            )
            findings.add(rows[place], "PD112", message, "read the row; nothing is changed")


def _answer(row: Row) -> Answer | None:
    """Of the first score that compares labels; None where there is none, or no confidence."""
    labels = next((score.labels for score in row.scores if score.labels is not None), None)
    confidence = row.observation.confidence
    if labels is None or labels[1] is None or confidence is None:
        return None
    return Answer(row.case.id, labels[0], labels[1], confidence)

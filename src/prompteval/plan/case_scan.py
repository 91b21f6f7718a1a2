"""One pass over a suite's cases before anything runs: each validated and counted, all fingerprinted."""

import hashlib
import posixpath
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prompteval.cases.files import file_reader
from prompteval.cases.load import case_files, inline_cases, load_cases
from prompteval.core.case import Case
from prompteval.core.errors import InvalidInput
from prompteval.core.fingerprint import canonical_json
from prompteval.core.media import files_in
from prompteval.core.problem import Problem, did_you_mean
from prompteval.core.protocols import CaseCheck, Scorer
from prompteval.plan.gates import PlannedRule, wanted_slices
from prompteval.plan.kept_cases import KeptCases
from prompteval.plan.leakage import Examples
from prompteval.plan.problems import Problems
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.files import file_inputs_of, with_files
from prompteval.plan.targets.prompt import render_problems
from prompteval.plan.unrecorded import Unrecorded
from prompteval.prompt.prompt import Prompt
from prompteval.store.case_form import turn_values
from prompteval.workspace.suite import CaseSource, Suite
from prompteval.workspace.tree import Tree, why_unreadable

# Reads more of each case, such as its gold; gives what is wrong with it, at its line of the path.
CaseReader = Callable[[Case, str], list[Problem]]


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What one pass over a suite's cases shows; the cases themselves are `kept` where they are few.

    `repeats` counts the cases of the suite's split by how often they ask to run, None where they do not;
    `absent` are the (tag, value) that a rule of the gate names and no case carries; `most_turns` are those of
    the longest scripted conversation, 0 where there is none.
    """

    total: int
    tags: frozenset[str]
    splits: Mapping[str | None, int]
    fingerprint: str
    repeats: Mapping[int | None, int] = field(default_factory=dict)
    absent: frozenset[tuple[str, str]] = frozenset()
    most_turns: int = 0
    kept: KeptCases = field(default_factory=KeptCases, repr=False, compare=False)


def prompt_of(target: TargetPlan) -> Prompt | None:
    """The prompt a target runs, None where it runs none."""
    found = getattr(target, "prompt", None)
    return found if isinstance(found, Prompt) else None


def alias_of(target: TargetPlan) -> str:
    """The alias by which a target's prompt was asked for; empty where it was not."""
    prompt = prompt_of(target)
    return "" if prompt is None else prompt.alias


def source_key(source: CaseSource) -> str:
    """The path of a case file, or where inline cases begin."""
    return source.path or f"inline:{source.line}"


def read_source(
    tree: Tree, suite: Suite, source: CaseSource, target: TargetPlan | None, *, checked: bool = False
) -> Iterator[Case]:
    """The cases of one source as a target's types read them; `checked` ones were validated before."""
    validate = target.validate if target is not None and not checked else None
    typed = target.typed if target is not None else None
    files = file_inputs_of(target, None if target is None else prompt_of(target))
    if files:
        directory = posixpath.dirname(source.path or suite.path)
        typed = with_files(files, file_reader(tree, directory), typed)
    if source.path is None:
        return inline_cases(source, suite.path, validate=validate, typed=typed)
    return load_cases(tree, source.path, validate=validate, checked=checked, typed=typed)


def scan_cases(
    tree: Tree,
    suite: Suite,
    targets: Sequence[TargetPlan],
    problems: Problems,
    readers: Sequence[CaseReader] = (),
    gates: Sequence[PlannedRule] = (),
    scorers: Sequence[Scorer] = (),
) -> CaseFacts | None:
    """One pass over all cases: validates each, shows it to `readers`, counts, and fingerprints the whole.

    The fingerprint adds up per-case digests, so it does not depend on the order of the file.
    None when a source could not be read; the problems then say why.
    """
    counts = _Counts(wanted_slices(gates))
    several, ids = len(suite.cases) > 1, dict[int, str]()
    first = targets[0] if targets else None
    prompt = prompt_of(first) if first is not None else None
    checks = [scorer for scorer in scorers if isinstance(scorer, CaseCheck)]
    examples = Examples(prompt) if prompt is not None else None
    unrecorded = Unrecorded.of(targets)
    sources, broken = _readable_sources(tree, suite, problems)
    for key, source in sources.items():
        path = source.path or suite.path
        try:
            for case in read_source(tree, suite, source, first):
                chosen = not suite.splits or case.split in suite.splits
                counts.add(case, key, chosen=chosen)
                for read in readers:
                    problems.found.extend(read(case, path))
                _note_wrong(case, path, checks, problems)
                if several:
                    _note_double(case, key, ids, problems)
                    broken = broken or problems.any_error
                if chosen:
                    unrecorded.look(case)
                    if counts.repeats.total() == 1:
                        problems.found.extend(render_problems(targets, case))
                    if examples:
                        _note_leak(case, key, examples, problems)
        except InvalidInput as error:
            problems.found.extend(error.problems)
            broken = True
    if broken:
        return None
    problems.found.extend(unrecorded.problems(suite))
    return counts.facts()


class _Counts:
    """What is counted over all cases, one after another."""

    def __init__(self, wanted: frozenset[tuple[str, str]]) -> None:
        self.repeats: Counter[int | None] = Counter()
        self._absent = wanted
        self._tags: set[str] = set()
        self._splits: Counter[str | None] = Counter()
        self._digest_sum = self._most_turns = 0
        self._kept = KeptCases()

    def add(self, case: Case, source: str, *, chosen: bool) -> None:
        """`chosen` says whether the case is in a split that the suite takes."""
        if chosen:
            self.repeats[case.repeat] += 1
        self._absent = self._absent and self._absent - case.tags.items()
        self._tags.update(case.tags)
        self._splits[case.split] += 1
        text = case_text(case)
        self._digest_sum += _digest(text)
        self._most_turns = max(self._most_turns, len(case.turns))
        self._kept.add(source, case, len(text) + _held_bytes(case.inputs))

    def facts(self) -> CaseFacts:
        """All of it, with a fingerprint that does not depend on the order."""
        return CaseFacts(
            self._splits.total(),
            frozenset(self._tags),
            dict(self._splits),
            f"sha256:{self._digest_sum % 2**256:064x}",
            dict(self.repeats),
            self._absent,
            self._most_turns,
            self._kept,
        )


def _readable_sources(tree: Tree, suite: Suite, problems: Problems) -> tuple[dict[str, CaseSource], bool]:
    """(the sources that can be read, each once, by path; whether another is named that cannot)."""
    found: dict[str, CaseSource] = {}
    broken = False
    for source in suite.cases:
        key = source_key(source)
        if key in found:
            problems.add(suite.path, (source.line, 1), "PE232", f"duplicate case file {key}", "remove one")
        elif source.path is not None and (reason := why_unreadable(tree, source.path)):
            help = did_you_mean(source.path, case_files(tree, source.path))
            problems.add(suite.path, (source.line, 1), "PE101", f"cases {source.path}: {reason}", help)
            broken = True
        else:
            found[key] = source
    return found, broken


def empty_problems(suite: Suite, facts: CaseFacts) -> list[Problem]:
    """A suite, or a split that it names, without a case: its gates would stand for nothing."""
    line = suite.cases[0].line if suite.cases else 1
    if not facts.total:
        return [Problem(suite.path, line, 1, "PE233", "the suite has no cases", "add some")]
    splits = [split for split in facts.splits if split is not None]
    return [
        Problem(
            suite.path, named.line, named.col, "PE233",
            f"no case is in the split {named.text!r}", did_you_mean(named.text, splits),
        )
        for named in suite.split
        if named.text not in splits
    ]  # fmt: skip


def _note_double(case: Case, source: str, ids: dict[int, str], problems: Problems) -> None:
    """Two files of one suite must not share an id."""
    other = ids.setdefault(hash(case.id), source)
    if other != source:
        message = f"duplicate id {case.id!r}, also in {other}"
        problems.add(source, (case.line, 1), "PE321", message, "ids are unique in a suite")


def _note_wrong(case: Case, path: str, checks: Sequence[CaseCheck], problems: Problems) -> None:
    """What a case lacks that a scorer reads."""
    for scorer in checks:
        if fault := scorer.wrong_case(case):
            problems.add(path, (case.line, 1), "PE323", f"case {case.id!r}: {fault}")


def _note_leak(case: Case, source: str, examples: Examples, problems: Problems) -> None:
    """A few-shot example that is a case of the suite, word for word or nearly."""
    found = examples.match(case)
    if found is not None:
        part, likeness = found
        how = "is" if likeness == 1 else f"is {likeness:.0%} like"
        message = f"case {case.id!r} {how} the few-shot example at {part.path}:{part.line}"
        problems.add(
            source, (case.line, 1), "PE240", message, "remove the example, or move the case to train"
        )


def _held_bytes(inputs: object) -> int:
    """The bytes of files that a case holds itself, by data URLs."""
    return sum(file.size for file in files_in(inputs) if file.held)


def case_digest(case: Case) -> int:
    """A number from everything in a case that a score can depend on."""
    return _digest(case_text(case))


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest(), "big")


def case_text(case: Case) -> str:
    """Everything in a case that a score can depend on, as canonical JSON."""
    body = [case.id, case.inputs, case.expected, dict(case.tags), case.split, case.cluster]
    body += [[list(group) for group in case.gold], case.answers, case.answerable]
    if case.tool_calls is not None:  # a case without keeps the digest that it had before there were any
        body.append([[call.name, dict(call.arguments)] for call in case.tool_calls])
    if case.turns:
        body.append({"turns": [turn_values(turn) for turn in case.turns]})
    return canonical_json(body)

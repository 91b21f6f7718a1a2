"""One view of a comparison: the shape of `compare --json`, and the outputs behind it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field

from prompteval.core.observation import Row
from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.report.exchanges import OpenExchanges, no_exchanges
from prompteval.report.prompt_text import PromptText
from prompteval.report.thumbnails import Thumbnails, no_thumbnails

SCHEMA = "prompteval/compare@1"
# Keys of a metric's JSON that are left out while they say nothing.
_WHEN_SET = (
    "p_exact", "method", "missing", "discordant", "clusters", "reason", "undecidable", "note", "detail",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComparedEnd:
    """What stands on one side of a result; `run_id` is None for a baseline.

    `text` is what the prompt says, None where that was not kept.
    """

    run_id: str | None
    prompt: str
    fingerprint: str
    model: str
    text: PromptText | None = field(default=None, compare=False)

    def as_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("run_id", "prompt", "fingerprint", "model")}


@dataclass(frozen=True, slots=True)
class IncompleteEntry:
    """What one side (`a` or `b`) was to run and has not: cases by the kind of their error, cases not run
    or not scored. Without a suite it is the run itself that did not end as it should.
    """

    side: str
    suite: str = ""
    prompt: str = ""
    model: str = ""
    error_kinds: Mapping[str, int] = field(default_factory=dict)
    skipped: int = 0
    unscored: int = 0

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "error_kinds": dict(self.error_kinds)}


@dataclass(frozen=True, slots=True)
class Change:
    """A case whose outcome changed, with both outputs; None where a side keeps none."""

    case_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ComparedResult:
    """One pair of entries. `primary` names the metrics that decide; `errors` are the cases that failed
    on either side. `spent` has, by name, what A and B used; None where a side does not know it.
    `undecided` are metrics that decide on one side and that the other does not have. `margins` has by metric
    the difference B − A that would be too large: below 0 where more is better.
    """

    suite: str
    a: ComparedEnd
    b: ComparedEnd
    paired: int
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    changed_cases: tuple[str, ...]
    errors: tuple[str, ...]
    primary: tuple[str, ...]
    metrics: Mapping[str, Comparison]
    slices: Mapping[str, Mapping[str, Mapping[str, Comparison]]]
    fixed: tuple[str, ...]
    broken: tuple[str, ...]
    spent: Mapping[str, tuple[float | None, float | None]]
    notes: tuple[str, ...]
    verdict: ComparisonVerdict
    changes: Callable[[tuple[str, ...]], Iterator[Change]] = field(
        default=lambda ids: iter(()), compare=False
    )
    undecided: tuple[str, ...] = ()
    margins: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """`suite  prompt@v1 → prompt@v2  model`; what is the same is shown once."""
        model = self.b.model if self.a.model == self.b.model else f"{self.a.model} → {self.b.model}"
        same = self.a.prompt == self.b.prompt
        return f"{self.suite}  {self.b.prompt if same else f'{self.a.prompt} → {self.b.prompt}'}  {model}"


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """A whole comparison. `sentence` can be pasted into a pull request; `a` and `b` say what was compared.

    `unchanged` are suites whose target, cases, scorers and model are the same on both sides, which
    were not run. `alone_a` and `alone_b` are entries that have no partner. `lost` are suites that A has
    and B lacks, `removed` those that B lacks on purpose. `incomplete` is what a side has not run whole.
    `rows` streams rows with the place of their result and their side, `a` or `b`; a baseline has none.
    `exchanges` opens what was sent and what came back; `thumbnails` gives images of cases by their hashes.
    """

    verdict: ComparisonVerdict
    exit_code: int
    sentence: str
    a: str
    b: str
    unchanged: tuple[str, ...]
    alone_a: tuple[str, ...]
    alone_b: tuple[str, ...]
    results: tuple[ComparedResult, ...]
    lost: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    incomplete: tuple[IncompleteEntry, ...] = ()
    rows: Callable[[], Iterator[tuple[int, str, Row]]] = field(default=lambda: iter(()), compare=False)
    exchanges: OpenExchanges = field(default=no_exchanges, compare=False)
    thumbnails: Thumbnails = field(default=no_thumbnails, compare=False)

    def as_json(self) -> dict[str, object]:
        """The document of `compare --json`."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict.value,
            "exit_code": self.exit_code,
            "sentence": self.sentence,
            "a": self.a,
            "b": self.b,
            "unchanged": list(self.unchanged),
            "alone": {"a": list(self.alone_a), "b": list(self.alone_b)},
            "lost": list(self.lost),
            "removed": list(self.removed),
            "incomplete": [entry.as_json() for entry in self.incomplete],
            "results": [_result_json(result) for result in self.results],
        }


def _result_json(result: ComparedResult) -> dict[str, object]:
    return {
        "suite": result.suite,
        "a": result.a.as_json(),
        "b": result.b.as_json(),
        "paired": result.paired,
        "only_a": list(result.only_a),
        "only_b": list(result.only_b),
        "changed_cases": list(result.changed_cases),
        "errors": list(result.errors),
        "primary": list(result.primary),
        "metrics": _metrics_json(result.metrics),
        "slices": {
            tag: {value: _metrics_json(found) for value, found in values.items()}
            for tag, values in result.slices.items()
        },
        "flips": {"fixed": list(result.fixed), "broken": list(result.broken)},
        "spent": {
            name: {"a": a, "b": b, "delta": None if a is None or b is None else b - a}
            for name, (a, b) in result.spent.items()
        },
        "notes": list(result.notes),
        "verdict": result.verdict.value,
    }


def _metrics_json(metrics: Mapping[str, Comparison]) -> dict[str, object]:
    return {name: comparison_json(found) for name, found in metrics.items()}


def comparison_json(found: Comparison) -> dict[str, object]:
    """One metric, as `compare --json` has it."""
    shown = ("a", "b", "delta", "low", "high", "p", "p_adjusted", "test", "mde")
    body: dict[str, object] = {"pairs": found.pairs, **{name: getattr(found, name) for name in shown}}
    body["verdict"] = found.verdict.value
    body |= {name: getattr(found, name) for name in _WHEN_SET if getattr(found, name) not in (None, "", 0)}
    return body

"""The one sentence of a comparison, for a reviewer to paste."""

from collections.abc import Iterator, Sequence

from prompteval.core.verdict import ComparisonVerdict
from prompteval.report.comparison.view import ComparedResult

_WORST_FIRST = (
    ComparisonVerdict.INCOMPLETE,
    ComparisonVerdict.REGRESSED,
    ComparisonVerdict.INCONCLUSIVE,
    ComparisonVerdict.IMPROVED,
    ComparisonVerdict.NOT_WORSE,
)


def sentence(
    results: Sequence[ComparedResult],
    unchanged: Sequence[str],
    alone: Sequence[Sequence[str]],
    lost: Sequence[str] = (),
    gone: Sequence[str] = (),
) -> str:
    """The pair with the worst verdict and the metrics that decide it; or why there is none.

    `alone` are what each side has alone, `lost` those of A that B should have, `gone` the suites of A
    that B lacks without a word.
    """
    missing = [_missing_suites(gone)] if gone else []
    if not results:
        parts = [f"nothing changed in {', '.join(unchanged)}" if unchanged else "there is nothing to compare"]
        known = ([name for name in names if name not in gone] for names in alone)
        parts += [f"{', '.join(names)}: on one side only" for names in known if names]
        return "; ".join([*missing, *parts])
    worst = min(results, key=lambda result: _WORST_FIRST.index(result.verdict))
    sentences = [*missing, *([f"B lacks {', '.join(lost)}"] if lost else [])]
    sentences += [f"{worst.title}: {word(worst)}", *(worst.metrics[name].detail for name in worst.primary)]
    sentences += [f"{name} decides and is not on both sides" for name in worst.undecided]
    sentences += [f"regressed in {', '.join(where)}" for where in [list(_lost_slices(worst))] if where]
    only = [name for name in alone[0] if name not in lost and name not in gone]
    if only:
        sentences.append(f"only in A: {', '.join(only)}")
    if len(results) > 1:
        sentences.append(f"the worst of {len(results)} pairs")
    return "; ".join(sentences)


def short(results: Sequence[ComparedResult]) -> str:
    """The pair with the worst verdict and how the metrics that decide it moved, on one line of a terminal."""
    worst = min(results, key=lambda result: _WORST_FIRST.index(result.verdict))
    moved = [worst.metrics[name] for name in worst.primary]
    parts = [
        f"{one.metric} {one.a:.4g} to {one.b:.4g}" for one in moved if one.a is not None and one.b is not None
    ]
    parts += [f"regressed in {', '.join(where)}" for where in [list(_lost_slices(worst))] if where]
    return ", ".join([f"{worst.title}: {word(worst)}", *parts])


def _missing_suites(gone: Sequence[str]) -> str:
    suites = f"the suite{'s' if len(gone) > 1 else ''} {', '.join(gone)}"
    options = " ".join(f"--removed {name}" for name in gone)
    return f"B lacks {suites}; where that is on purpose: {options}"


def _lost_slices(result: ComparedResult) -> Iterator[str]:
    """The slices that got worse, which a gain over all cases would hide."""
    for tag, values in result.slices.items():
        for value, metrics in values.items():
            if any(found.verdict is ComparisonVerdict.REGRESSED for found in metrics.values()):
                yield f"{tag}={value}"


def word(result: ComparedResult) -> str:
    """The verdict in plain words, with what it lacks where it is incomplete."""
    if result.verdict is not ComparisonVerdict.INCOMPLETE:
        return str(result.verdict.value).replace("_", " ")
    reasons = [f"{len(result.errors):,} cases failed"] if result.errors else []
    reasons += [f"{len(result.only_a):,} cases are only in A"] if result.only_a else []
    return f"incomplete, {' and '.join(reasons) or 'cases could not be scored'}"

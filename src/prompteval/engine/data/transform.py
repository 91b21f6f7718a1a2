"""Fitting a transform on the rows of a file, and applying it to those of another."""

import math
from collections.abc import Iterator
from pathlib import Path

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Collector
from prompteval.core.transform import Features
from prompteval.data.findings import named
from prompteval.data.fitted import TEST, Example, fit, hashes, read_fitted
from prompteval.data.rows import Fields, Raw, at, data_row, read_raw
from prompteval.data.unseen import UnseenFields
from prompteval.data.write import check_endings, encoded
from prompteval.engine.data.write import refuse_itself
from prompteval.transforms.fitted import Fitted
from prompteval.workspace.writing import write_whole


def fit_file(
    kind: str, source: Path, output: Path, value: str, fields: Fields, side: str, *, within: Path | None
) -> Fitted:
    """Fit on the rows of one side, and store the transform with the hashes of what it saw."""
    refuse_itself(source, output)
    unseen = UnseenFields(fields.named())
    examples = [
        Example(data_row(raw, str(source), line, fields), _features(raw, value, source, line))
        for line, raw in unseen.through(read_raw(source))
    ]
    unseen.refuse(str(source))
    fitted = fit(kind, value, examples, side)
    write_whole(output, [fitted.text().encode("ascii")], within=within)
    return fitted


def apply_file(
    transform: Path, source: Path, output: Path, into: str, fields: Fields, *, within: Path | None
) -> Fitted:
    """Write the rows with what the transform gives in a field of its own.

    Raises InvalidInput where it was fitted on a row of the side `test`.
    """
    check_endings(source, output)
    refuse_itself(source, output)
    fitted = read_fitted(transform)
    _refuse_seen(fitted, transform, source, fields)

    def rows() -> Iterator[Raw]:
        for line, raw in read_raw(source):
            features = _features(raw, fitted.value, source, line)
            try:
                yield {**raw, into: fitted.transform.transform(features)}
            except ValueError:
                what = f"{len(features)} numbers in {fitted.value!r}"
                raise UsageError(f"{source}:{line}: {what}, another count than it was fitted on") from None

    write_whole(output, encoded(rows(), output.suffix), within=within)
    return fitted


def _refuse_seen(fitted: Fitted, transform: Path, source: Path, fields: Fields) -> None:
    problems = Collector(str(source))
    unseen = UnseenFields(fields.named())
    for line, raw in unseen.through(read_raw(source)):
        row = data_row(raw, str(source), line, fields)
        if row.split == TEST and fitted.has_seen(hashes(row)):
            problems.add(line, 1, "PD119", f"{transform.name} was fitted on test row {named(row)}", SEEN_HELP)
    unseen.refuse(str(source))
    if problems.found:
        raise InvalidInput(problems.found)


# The sum of the squares of as many numbers as there are is still a number.
GREATEST_VALUE = 1e30
SEEN_HELP = "fit it again on train alone"


def _features(raw: Raw, value: str, source: Path, line: int) -> Features:
    """The numbers of a field: one, or a list of them; a cell of a table may hold its number."""
    found = at(raw, value)
    items = found if isinstance(found, list) else [found]
    numbers = []
    for item in items:
        try:
            number = math.nan if isinstance(item, bool) or item is None else float(str(item))
        except ValueError:
            number = math.nan
        if abs(number) > GREATEST_VALUE:
            raise UsageError(f"{source}:{line}: {item!r:.40} in {value!r} is beyond {GREATEST_VALUE:g}")
        if not math.isfinite(number):
            help = "--value names the field of a number, or of a list of numbers"
            raise UsageError(f"{source}:{line}: {item!r:.40} in {value!r} is not a number", help)
        numbers.append(number)
    return tuple(numbers)

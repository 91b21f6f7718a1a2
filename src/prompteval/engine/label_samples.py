"""Whether labels that are to be given, and those of a file, are of one sample."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.core.text import counted
from prompteval.judging.labels import Label

# Weights of a file were rounded when they were written.
_CLOSE = 1e-9


def check_one_sample(
    path: Path, labels: Sequence[Label], known: Mapping[str, set[str]], drawn: Mapping[str, float | None]
) -> None:
    """Raise UsageError where labels of both would give no estimate, or a wrong one.

    `labels` are the file's; `known` has the outputs of the runs by their case, and `drawn` the weight of each
    case that is to be labelled. Labels of other outputs are in no figure of these runs, and do not count.
    """
    own = [one for one in labels if one.case_id in known and one.output in (None, *known[one.case_id])]
    balanced = any(weight is not None for weight in drawn.values())
    mixed = sum((one.weight is not None) != balanced for one in own)
    if mixed:
        theirs = "without --balance" if balanced else "with --balance"
        what = f"{path} has {counted(mixed, 'label')} of outputs that were drawn {theirs}"
        raise UsageError(f"{what}, and together they are not one sample", _advice(balanced=not balanced))
    other = sum(one.case_id in drawn and not _is_close(one.weight, drawn[one.case_id]) for one in own)
    if other:
        what = f"{path} has {counted(other, 'label')} with weights of another sample or tag"
        raise UsageError(what, "use --balance and --sample as before, or name a new file with -o")


def _is_close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _CLOSE * max(one, other)


def _advice(*, balanced: bool) -> str:
    how = "with --balance as before" if balanced else "without --balance"
    return f"label {how}, or name a new file with -o"

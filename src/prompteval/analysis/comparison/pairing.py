"""Which entry is set against which, and which cases both have."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.analysis.entries import case_marks, name_of
from prompteval.core.stored import StoredEntry

EntryPair = tuple[StoredEntry, StoredEntry]


@dataclass(frozen=True, slots=True)
class PairedCases:
    """Case ids, sorted: in both and the same, in one only, in both and changed, failed in either."""

    paired: tuple[str, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    changed: tuple[str, ...]
    errors: tuple[str, ...]


def pair_entries(
    a: Sequence[StoredEntry], b: Sequence[StoredEntry]
) -> tuple[list[EntryPair], list[StoredEntry], list[StoredEntry]]:
    """(pairs, entries only in A, entries only in B), in the order of B.

    Entries pair by suite, target name and model. What is left pairs where suite and model leave one
    on each side (a renamed prompt), then suite and name (another model). Where each side has one
    entry at all, those two pair.
    """
    pairs: list[EntryPair] = []
    left, right = list(a), list(b)
    if len(left) == len(right) == 1:
        return [(left[0], right[0])], [], []
    for key in (
        lambda entry: (entry.suite, name_of(entry), entry.model, entry.target),
        lambda entry: (entry.suite, name_of(entry), entry.model),
        lambda entry: (entry.suite, entry.model),
        lambda entry: (entry.suite, name_of(entry)),
    ):
        for entry in list(right):
            mine = [other for other in left if key(other) == key(entry)]
            theirs = [other for other in right if key(other) == key(entry)]
            if len(mine) == 1 and len(theirs) == 1:
                pairs.append((mine[0], entry))
                left.remove(mine[0])
                right.remove(entry)
    order = {id(entry): place for place, entry in enumerate(b)}
    pairs.sort(key=lambda pair: order[id(pair[1])])
    return pairs, left, right


def pair_cases(a: StoredEntry, b: StoredEntry) -> PairedCases:
    """The cases of two entries, set against each other by id."""
    ours, theirs = case_marks(a), case_marks(b)
    both = ours.keys() & theirs.keys()
    changed = {name for name in both if ours[name][0] != theirs[name][0]}
    errors = {name for name in both - changed if "error" in (ours[name][1], theirs[name][1])}
    return PairedCases(
        paired=tuple(sorted(both - changed - errors)),
        only_a=tuple(sorted(ours.keys() - both)),
        only_b=tuple(sorted(theirs.keys() - both)),
        changed=tuple(sorted(changed)),
        errors=tuple(sorted(errors)),
    )

"""Which side of a split a row is on: by hash, by stratum, or by time; never by its place in the file."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prompteval.core.fingerprint import seeded_rank
from prompteval.data.times import moment

Ratios = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Unit:
    """What is assigned as one: a row, or all rows of a group; `kept` is the side that it has already."""

    name: str
    size: int = 1
    stratum: str = ""
    kept: str = ""


def by_hash(name: str, ratios: Ratios, salt: str) -> str:
    """The side of a row or group by its name alone: the same in any file, and shares are binomial."""
    place = seeded_rank(salt, name) / 2**64
    end = 0.0
    for side, share in ratios.items():
        end += share
        if place < end:
            return side
    return [*ratios][-1]


def by_stratum(units: Sequence[Unit], ratios: Ratios, salt: str) -> dict[str, str]:
    """The side of each unit by name: shares of each stratum within one row, with groups within the largest.

    Units that have a side keep it; the others, in the order of their hash, fill the side of their stratum
    that lacks most.
    """
    strata: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        strata[unit.stratum].append(unit)
    sides: dict[str, str] = {}
    for stratum in sorted(strata):
        total = sum(unit.size for unit in strata[stratum])
        lacking = {side: share * total for side, share in ratios.items()}
        for unit in strata[stratum]:
            if unit.kept:
                sides[unit.name] = unit.kept
                if unit.kept in lacking:
                    lacking[unit.kept] -= unit.size
        new = [unit for unit in strata[stratum] if not unit.kept]
        for unit in sorted(new, key=lambda unit: (seeded_rank(salt, unit.name), unit.name)):
            side = max(ratios, key=lambda side: lacking[side])
            sides[unit.name] = side
            lacking[side] -= unit.size
    return sides


def cutoffs(times: Sequence[float], ratios: Ratios) -> dict[str, float]:
    """The last time of each side but the last one, so that the earliest rows are of the first side."""
    ordered = sorted(times)
    found: dict[str, float] = {}
    end = 0.0
    for side in [*ratios][:-1]:
        end += ratios[side]
        found[side] = ordered[min(max(round(end * len(ordered)), 1), len(ordered)) - 1]
    return found


def by_time(time: str, ends: Mapping[str, float], last: str) -> str:
    """The side of a time: of the first end that is not before it. Raises ValueError for what is no time."""
    when = moment(time)
    if when is None:
        raise ValueError(f"{time!r} is not an ISO 8601 time or a number")
    return next((side for side, end in ends.items() if when <= end), last)


def group_units(rows: Sequence[tuple[str, str, str]]) -> list[Unit]:
    """Units of (group or id, stratum, side kept): those of a group are those of most of its rows."""
    members: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, stratum, kept in rows:
        members[name].append((stratum, kept))
    units = []
    for name in sorted(members):
        strata = Counter(stratum for stratum, _ in members[name])
        sides = Counter(side for _, side in members[name] if side)
        units.append(Unit(name, len(members[name]), _most(strata), _most(sides)))
    return units


def _most(counts: Counter[str]) -> str:
    return min(counts, key=lambda value: (-counts[value], value), default="")

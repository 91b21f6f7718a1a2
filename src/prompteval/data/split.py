"""A file split into sides, row by row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from prompteval.core.errors import NothingSelected, UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.data.assign import Ratios, by_hash, by_stratum, by_time, cutoffs, group_units
from prompteval.data.manifest import Manifest, Tally
from prompteval.data.rows import Raw, at, read_raw, scalar_text
from prompteval.data.times import moment
from prompteval.data.unseen import UnseenFields

SPLIT = "split"
_NO_ROWS = "the file has no rows"
ID = "id"
# Of a stratum that is a number: its values would each be one.
STRATA_AT_ALL = 1_000


@dataclass(frozen=True, slots=True)
class SplitOptions:
    """How to split: shares by side, and the fields that decide; without `id` a row's id is its field `id`."""

    ratios: Ratios
    salt: str = "prompteval"
    stratify: str | None = None
    group: str | None = None
    time: str | None = None
    id: str | None = None


@dataclass(slots=True)
class FileSplit:
    """A file's split: `rows` gives each row with its side; then `manifest` says what came out.

    `kept` are the rows that had the side already, `moved` those that had another one.
    """

    source: Path
    options: SplitOptions
    ends: dict[str, float] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    kept: int = 0
    moved: int = 0
    _sides: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Path, options: SplitOptions, ends: dict[str, float] | None = None) -> "FileSplit":
        """Read what has to be known before the first row: nothing for a split by hash.

        `ends` are the cutoffs of an earlier split by time, which are kept. Raises UsageError where a field
        is missing.
        """
        made = cls(source, options, dict(ends or {}))
        if options.time and not ends:
            times = [_time(raw, line, source, options.time) for line, raw in read_raw(source)]
            if not times:
                raise NothingSelected(_NO_ROWS)
            made.ends = cutoffs(times, options.ratios)
        elif options.stratify:
            known = [
                (_name(raw, options), _stratum(raw, line, source, options.stratify), _side(raw))
                for line, raw in read_raw(source)
            ]
            if len({stratum for _, stratum, _ in known}) > STRATA_AT_ALL:
                raise UsageError(
                    f"{options.stratify} has over {STRATA_AT_ALL:,} values", "stratify by a label"
                )
            made._sides = by_stratum(group_units(known), options.ratios, options.salt)
        return made

    def rows(self) -> Iterator[Raw]:
        """Each row with its side in `split`, as the last key where it had none.

        Raises UsageError behind the last row where no row had a field that was named, NothingSelected where
        there was no row.
        """
        options = self.options
        last = [*options.ratios][-1]
        unseen = UnseenFields({"--group": options.group, "--id": options.id})
        for line, raw in unseen.through(read_raw(self.source)):
            name = _name(raw, options)
            if options.time:
                side = by_time(str(at(raw, options.time)), self.ends, last)
            elif options.stratify:
                side = self._sides[name]
            else:
                side = by_hash(name, options.ratios, options.salt)
            stratum = _stratum(raw, line, self.source, options.stratify)
            self.tally.add(row_name(raw, options.id or ID), side, stratum)
            had = _side(raw)
            self.kept += had == side
            self.moved += had not in ("", side)
            yield {**raw, SPLIT: side}
        unseen.refuse(str(self.source))
        if not self.tally.rows:
            raise NothingSelected(_NO_ROWS)

    def manifest(self) -> Manifest:
        """What was done; of the rows that were read so far."""
        options = self.options
        return Manifest(
            mode="time" if options.time else "stratified" if options.stratify else "hash",
            salt=options.salt,
            ratios=dict(options.ratios),
            id=options.id or ID,
            group=options.group,
            stratify=options.stratify,
            time=options.time,
            cutoffs=self.ends,
            rows=self.tally.rows,
            counts=self.tally.sorted_counts(),
            strata=self.tally.sorted_strata(),
            assignment=self.tally.assignment,
        )  # type: ignore[call-arg]  # the schema has its alias and its default


def parse_ratios(text: str) -> dict[str, float]:
    """`train=.7,dev=.15,test=.15` as shares. Raises UsageError unless they are positive and add up to 1."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, equals, share = part.partition("=")
        try:
            value = float(share)
        except ValueError:
            value = -1.0
        if not equals or not name.strip() or name.strip() in found or not 0 < value <= 1:
            raise UsageError(
                f"--ratios {part.strip()!r} is not NAME=SHARE", "--ratios train=.7,dev=.15,test=.15"
            )
        found[name.strip()] = value
    if abs(sum(found.values()) - 1) > 1e-9:
        raise UsageError(
            f"--ratios add up to {sum(found.values()):g}, not 1", "--ratios train=.7,dev=.15,test=.15"
        )
    return found


def row_name(raw: Raw, field: str = ID) -> str:
    """The id of a row; of one without, the fingerprint of what it holds, but for its split."""
    value = at(raw, field)
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        return str(value)
    return fingerprint({key: item for key, item in raw.items() if key != SPLIT})


def _name(raw: Raw, options: SplitOptions) -> str:
    """What decides the side: the group, and of a row without one its id.

    A boolean is `True` or `False` here: another spelling would move the rows of data that is split.
    """
    value = at(raw, options.group) if options.group else None
    group = str(value) if isinstance(value, bool) else scalar_text(value)
    return f"group:{group}" if group else row_name(raw, options.id or ID)


def _side(raw: Raw) -> str:
    value = raw.get(SPLIT)
    return value if isinstance(value, str) else ""


def stratum_of(raw: Raw, field: str) -> str:
    """The value to stratify by; empty where the row has none."""
    value = at(raw, field)
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _stratum(raw: Raw, line: int, source: Path, field: str | None) -> str:
    found = stratum_of(raw, field) if field else ""
    if field and not found:
        message = f"{source}:{line}: no value in {field!r} to stratify by"
        raise UsageError(message, "name a field that each row has")
    return found


def _time(raw: Raw, line: int, source: Path, field: str) -> float:
    when = moment(str(at(raw, field)))
    if when is None:
        raise UsageError(
            f"{source}:{line}: {at(raw, field)!r} in {field!r} is not an ISO 8601 time or a number",
            "write 2026-11-28T12:00:00",
        )
    return when

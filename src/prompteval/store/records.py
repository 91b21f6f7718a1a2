"""A run's own record, as it is stored and read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prompteval.core.verdict import Verdict
from prompteval.store.hashes import Changed, check_record
from prompteval.store.results_schema import UNHASHED
from prompteval.store.typed import loads, require

_VERDICTS = frozenset(verdict.value for verdict in Verdict)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as it is stored; `summary` is None while it has not ended.

    `damage` says why the record cannot be believed; it is then without manifest, verdict and summary.
    """

    run_id: str
    started: str
    finished: str | None
    verdict: str | None
    exit_code: int | None
    manifest: Mapping[str, Any]
    summary: Mapping[str, Any] | None
    damage: str = ""


def record_from(found: Sequence[Any]) -> RunRecord:
    """The record behind a stored one with its hash; one with `damage` where it was changed since."""
    *record, expected = found
    run_id, started, finished, verdict, exit_code, manifest, summary, _ = record
    try:
        if expected != UNHASHED:
            check_record(record, expected)
        require(type(run_id) is str and type(started) is str, "an id and a start that are texts")
        require(finished is None or type(finished) is str, "an end that is a text")
        require(verdict is None or verdict in _VERDICTS, "a known verdict")
        require(exit_code is None or type(exit_code) is int, "an exit code that is a number")
        stored_summary = None if summary is None else loads(summary)
        require(stored_summary is None or type(stored_summary) is dict, "a summary that is an object")
        return RunRecord(
            run_id, started, finished, verdict, exit_code, _manifest(loads(manifest)), stored_summary
        )
    except Changed as error:
        damage = str(error)
    except (ValueError, TypeError, RecursionError) as error:
        damage = f"its record cannot be read: {error}"
    return RunRecord(_text(run_id), _text(started), None, None, None, {}, None, damage)


# What readers rely on of a suite's facts, where it is there at all.
_FACTS: Mapping[str, type] = {
    "path": str, "targets": dict, "aliases": dict, "scorers": list, "fields": dict, "measures": list,
    "slices": list, "primary": list, "effects": dict, "split": list,
}  # fmt: skip


def _manifest(body: Any) -> Mapping[str, object]:
    """A manifest as `engine.manifest` makes it; what has another shape raises ValueError."""
    require(type(body) is dict, "a manifest that is an object")
    suites = body.get("suites", {})
    require(
        type(suites) is dict and all(type(one) is dict for one in suites.values()), "suites that are objects"
    )
    for facts in suites.values():
        require(type(facts) is dict, "a suite that is an object")
        for name, kind in _FACTS.items():
            require(name not in facts or type(facts[name]) is kind, f"{name} of a suite of its type")
        require(all(_texts(one[:2], 2) for one in facts.get("scorers", ())), "scorers with kind and name")
        require(all(_texts(one, 2) for one in facts.get("measures", ())), "measures with text and scorer")
    entries = body.get("entries", [])
    require(type(entries) is list and all(_texts(one, 3) for one in entries), "entries of three texts")
    require(type(body.get("options")) in (dict, type(None)), "options that are an object")
    return body  # type: ignore[no-any-return]


def _texts(value: object, count: int) -> bool:
    return type(value) is list and len(value) == count and all(type(part) is str for part in value)


def _text(value: object) -> str:
    return value if type(value) is str else repr(value)[:60]

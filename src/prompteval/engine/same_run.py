"""Whether two shards are parts of one run: of the same content, and asked for in the same way."""

from typing import Final

from prompteval.core.text import counted
from prompteval.engine.resume import changes
from prompteval.store.records import RunRecord

_NAMED: Final = {
    "selection": "the selection of cases",
    "suites": "the suites that were named",
    "models": "--model",
    "prompts": "--prompt",
}


def asked_of(record: RunRecord) -> dict[str, object]:
    """What a shard was asked to do, but for which part it is and whether its replies were kept."""
    asked = dict(record.manifest["options"], shard=None)
    asked.pop("cache", None)
    return asked


def difference(one: RunRecord, other: RunRecord) -> str:
    """What two shards do not have in common, and would have as parts of one run; empty where they do."""
    found = changes(one.manifest, other.manifest)
    asked, also = (asked_of(record) for record in (one, other))
    for key in asked:
        if asked[key] != also.get(key):
            name = _NAMED.get(key, f"--{key.replace('_', '-')}")
            found.append(f"{name}: {_said(key, asked[key])} and {_said(key, also.get(key))}")
    return "; ".join(found)


def _said(key: str, value: object) -> str:
    """An option as the manifest has it, as it was given."""
    if key == "selection" and isinstance(value, list):
        expression, limit, sample, seed, only = value
        given = [f"-k {expression!r}"] if expression else []
        given += [f"--limit {limit}"] if limit is not None else []
        given += [f"--sample {sample} --seed {seed}"] if sample is not None else []
        given += [f"--failed, {counted(len(only), 'case')}"] if only is not None else []
        return " ".join(given) or "every case"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "not given"
    return "not given" if value in (None, False) else "given" if value is True else str(value)

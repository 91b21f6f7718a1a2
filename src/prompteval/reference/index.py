"""Every name in its groups, and what is found for a name as somebody writes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.metrics.names import parse_metric, pass_of
from prompteval.metrics.stage_names import is_stage_metric, parse_stage_metric
from prompteval.reference.entry import Entry, Group
from prompteval.reference.gates import LOWER_END, SLICE, THRESHOLD, gate_group
from prompteval.reference.keys import key_groups
from prompteval.reference.metrics import metric_group
from prompteval.reference.module import module_group
from prompteval.reference.parts import part_groups
from prompteval.reference.scorers import scorer_group
from prompteval.reference.signals import ANY_INPUT, signal_group
from prompteval.stats.gate import RUN_FACTS, ThresholdRule, parse_gate


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means: entries in full, those that are near to it in a line, and groups to list."""

    entries: tuple[Entry, ...] = ()
    related: tuple[Entry, ...] = ()
    groups: tuple[Group, ...] = ()


@cache
def groups() -> tuple[Group, ...]:
    """Every group but the problem codes."""
    keys, parts = key_groups(), part_groups()
    return (*keys, scorer_group(), metric_group(), gate_group(), signal_group(), *parts, module_group())


def every_name() -> tuple[str, ...]:
    """All names and topics, for a shell to offer and to find the nearest."""
    entries = (name for entry in _entries() for name in entry.names)
    return tuple(dict.fromkeys([*entries, *(group.topic for group in groups())]))


def find(text: str) -> Found:
    """What a name, a metric with its parameters, a rule or the reference of a model means.

    Raises UsageError, naming the nearest, for what is not known.
    """
    wanted = text.strip()
    exact = tuple(entry for entry in _entries() if wanted in entry.names)
    # `scorer` lists the scorers, and `rag.retriever` the retrievers.
    topics = (wanted, f"{wanted.removeprefix('rag.')}s")
    listed = tuple(group for group in groups() if group.topic in topics)
    if exact or listed:
        return Found(exact, tuple(entry for entry in _ending(wanted) if entry not in exact), listed)
    for found in (_rule(wanted), _metric(wanted), _model(wanted), _signal(wanted)):
        if found:
            return Found(tuple(found))
    ending = _ending(wanted)
    if len(ending) == 1:
        return Found(tuple(ending))
    related = ending or [entry for entry in _entries() if entry.name.startswith(f"{wanted}.")]
    if related:
        return Found(related=tuple(related))
    owners = tuple(entry for entry in _entries() if wanted in (option.name for option in entry.options))
    if owners:
        return Found(owners)
    raise UsageError(f"unknown name {text!r}", did_you_mean(wanted, every_name()))


def _entries() -> Iterable[Entry]:
    return (entry for group in groups() for entry in group.entries)


def _ending(wanted: str) -> list[Entry]:
    """The entries whose last part is this name, cut-offs aside."""
    return [entry for entry in _entries() if _last(entry.name) == wanted or entry.name == wanted]


def _last(name: str) -> str:
    return name.partition("@")[0].rpartition(".")[2]


def _named(topic: str, name: str) -> list[Entry]:
    return [
        entry for group in groups() if group.topic == topic for entry in group.entries if entry.name == name
    ]


def _metric(text: str) -> list[Entry]:
    """The metric of a text with its parameters, cut-off or mode."""
    try:
        name = parse_metric(text).name
    except (ValueError, UsageError):
        return []
    if is_stage_metric(name):
        found = parse_stage_metric(name)
        cut = {"retrieval": "@k", "rerank": "@k", "context": "@Nt"}.get(found.stage, "")
        return _named("metrics", f"{found.stage}.{found.measure}{cut}")
    passed = pass_of(name)
    return _named("metrics", f"{passed[0]}k" if passed is not None else name)


def _rule(text: str) -> list[Entry]:
    """The form of a rule with its metric; what is left of a comparison is read as well."""
    for rule in (text, f"{text} >= 0"):
        try:
            parsed = parse_gate(rule)
        except ValueError:
            continue
        if rule == text or parsed.tag is not None or parsed.end != "value":
            return _forms(parsed)
    return []


def _forms(rule: ThresholdRule) -> list[Entry]:
    if rule.metric in RUN_FACTS:
        return _named("gates", rule.metric)
    metric = _metric(rule.metric)
    form = SLICE if rule.tag is not None else THRESHOLD if rule.end == "value" else LOWER_END
    return [*_named("gates", form), *metric] if metric else []


def _signal(text: str) -> list[Entry]:
    """The signal of any input of a prompt."""
    return _named("signals", ANY_INPUT) if text.startswith("inputs.") else []


def _model(text: str) -> list[Entry]:
    prefix, slash, _ = text.partition("/")
    return _named("models", prefix) if slash else []

"""Every name is explained: a meaning, what it may be, and an example that its own reader takes."""

import json
import tomllib
from typing import Any

import pytest

from prompteval.cases.record import to_case
from prompteval.core.problem import Collector
from prompteval.core.registry import BUILT_IN, table
from prompteval.metrics.about import ABOUT, PARAMETERS
from prompteval.metrics.names import PARAMETERS as KNOWN
from prompteval.metrics.names import parse_metric
from prompteval.plan.monitor_file import MonitorFile
from prompteval.plan.results.result import Result
from prompteval.reference.entry import Entry
from prompteval.reference.index import every_name, find, groups
from prompteval.reference.page import page
from prompteval.stats.gate import parse_gate
from prompteval.workspace.server_keys import LOCAL_KEYS
from prompteval.workspace.settings_file import read_settings_file
from prompteval.workspace.suite_file import RESULT_KEYS, TARGETS, SuiteFile
from prompteval.workspace.validation import validate
from prompteval.workspace.yaml12 import parse

EVERY = [pytest.param(entry, id=f"{entry.kind} {entry.name}") for g in groups() for entry in g.entries]


def of_topic(topic: str) -> list[Any]:
    return [pytest.param(e, id=e.name) for g in groups() if g.topic == topic for e in g.entries]


def text_of(entry: Entry) -> str:
    assert entry.example is not None
    return entry.example.text


@pytest.mark.parametrize("entry", EVERY)
def test_an_entry_is_whole(entry: Entry) -> None:
    """A meaning of one sentence or more, an option with its own, an example."""
    assert len(entry.about) > 10 and entry.about[-1] in ".]"
    said = {option.name: option.about.partition("[default:")[0] for option in entry.options}
    assert [name for name, about in said.items() if len(about) < 10] == []
    assert all(fact.text for fact in entry.facts) and text_of(entry)


def test_every_name_of_the_registries_is_explained() -> None:
    """A new scorer, metric or part cannot be without."""
    known = {name for group in BUILT_IN for name in table(group)}
    assert known - set(every_name()) == set()


def test_every_metric_and_parameter_has_its_sentence() -> None:
    """The table of sentences is that of the names."""
    assert ABOUT.keys() == KNOWN.keys()
    assert {parameter for own in KNOWN.values() for parameter in own} <= PARAMETERS.keys()


@pytest.mark.parametrize("name", every_name())
def test_every_name_is_found(name: str) -> None:
    """As an entry, or as a topic that lists some."""
    found = find(name)
    assert found.groups or any(name in entry.names for entry in found.entries)


SUITE_TOPICS = (
    "suites", "scorers", "metrics", "gates", "models", "chunkers", "retrievers", "rerankers",
)  # fmt: skip


@pytest.mark.parametrize("entry", [entry for topic in SUITE_TOPICS for entry in of_topic(topic)])
def test_a_line_of_a_suite_is_one(entry: Entry) -> None:
    """YAML that the model of a suite takes, beside a target and cases."""
    given = parse(text_of(entry), "evals/s.yaml").value
    assert isinstance(given, dict)
    whole = {"cases": "c.jsonl", **given}
    if not whole.keys() & {*TARGETS, "rag"}:
        key = next(iter(given))
        target = RESULT_KEYS.get(key, ("prompt",))[0]
        whole[target] = "app.answer:reply"
    elif set(whole.get("rag", {}).get("modes", ())) - {"retrieval"}:
        whole["prompt"] = "answer"
    problems = Collector("evals/s.yaml")
    assert validate(SuiteFile, whole, problems, lambda *_: (1, 1), context="evals/s.yaml"), problems.found


@pytest.mark.parametrize("entry", of_topic("metrics"))
def test_an_example_of_a_metric_is_one(entry: Entry) -> None:
    """The name in the list parses, and finds the entry again."""
    name = parse(text_of(entry), "s.yaml").value["metrics"][0]  # type: ignore[index,call-overload]
    assert parse_metric(str(name)) and entry in find(str(name)).entries


@pytest.mark.parametrize("entry", of_topic("gates"))
def test_an_example_of_a_rule_is_one(entry: Entry) -> None:
    """A text parses and finds the entry; a mapping is named by its key."""
    rule = parse(text_of(entry), "s.yaml").value["gate"][0]  # type: ignore[index,call-overload]
    found = find(rule if isinstance(rule, str) else next(iter(rule)))
    assert entry in found.entries and (not isinstance(rule, str) or parse_gate(rule))


@pytest.mark.parametrize("entry", of_topic("cases"))
def test_an_example_of_a_case_is_read(entry: Entry) -> None:
    """JSON that the reader of cases takes, beside an id and inputs."""
    raw = {"id": "c", "inputs": {}, **json.loads(text_of(entry))}
    assert to_case(raw, 1, None)[1] == []


@pytest.mark.parametrize("entry", of_topic("results"))
def test_an_example_of_a_result_is_read(entry: Entry) -> None:
    """JSON that the model of a result takes; an outputs row's own keys aside."""
    if entry.name not in ("id", "replicate"):
        assert Result.model_validate(json.loads(text_of(entry)))


@pytest.mark.parametrize("entry", of_topic("settings"))
def test_an_example_of_the_settings_is_read(entry: Entry) -> None:
    """TOML that the model of the settings takes, where `env` lists what is named and local keys are a local model's."""
    table_of = {"env": ["VARIABLE"], **tomllib.loads(text_of(entry))["tool"]["prompteval"]}
    for profile in table_of.get("models", {}).values():
        if not profile.keys().isdisjoint(LOCAL_KEYS):
            profile["provider"] = "local"
    problems = Collector("pyproject.toml")
    assert read_settings_file(table_of, [], problems), problems.found


@pytest.mark.parametrize("entry", [*of_topic("monitors"), *of_topic("signals")])
def test_an_example_of_a_monitor_file_is_read(entry: Entry) -> None:
    """YAML that the model of a monitor file takes, with a signal."""
    given = parse(text_of(entry), "monitor.yaml").value
    assert isinstance(given, dict)
    whole, problems = {"signals": {"errors": {}}, **given}, Collector("monitor.yaml")
    assert validate(MonitorFile, whole, problems, lambda *_: (1, 1)), problems.found


def test_the_page_of_names_has_them_all() -> None:
    """A heading for each."""
    text = page()
    assert all(f"### `{entry.name}`\n" in text for group in groups() for entry in group.entries)

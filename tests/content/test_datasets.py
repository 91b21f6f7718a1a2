"""The case files keep the promises of datasets/README.md."""

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from prompteval.cases.load import load_cases
from prompteval.cases.split import split_of
from prompteval.core.case import Case
from prompteval.data.manifest import manifest_path, read_manifest
from prompteval.data.split import FileSplit, SplitOptions
from prompteval.engine.data.check import CheckOptions, check_files
from prompteval.prompt.loader import load_prompt
from prompteval.workspace.tree import WorkingTree

ROOT = Path(__file__).resolve().parents[2]
FILES = ("support_intents", "support_triage")
PROMPTS = (("classify_intent", 1), ("classify_intent", 2), ("triage", 1))
NEAR = 0.8
NEAR_EXAMPLE = 0.6


def _cases(name: str) -> list[Case]:
    return list(load_cases(WorkingTree(ROOT), f"datasets/{name}.jsonl", validate=None))


def _tokens(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _examples(name: str, version: int) -> list[str]:
    """The user's side of every few-shot pair: all user messages but the last."""
    prompt = load_prompt(WorkingTree(ROOT), name, version)
    asked = [m.content for m in prompt.render({"message": "hello"}) if m.role == "user"]
    return asked[:-1]


@pytest.mark.parametrize("name", FILES)
def test_every_line_is_a_case_the_prompt_accepts(name: str) -> None:
    """Inputs and expected values validate whole against the prompt that the file is for."""
    prompt = load_prompt(WorkingTree(ROOT), "triage" if name.endswith("triage") else "classify_intent")
    wrong = [
        (case.id, *prompt.input_errors(case.inputs), *prompt.expected_errors(case.expected))
        for case in _cases(name)
    ]
    assert [entry for entry in wrong if len(entry) > 1] == []


def test_there_are_enough_cases_in_every_slice() -> None:
    """At least 420 messages, four channels, and 30 test cases in every language."""
    cases = _cases("support_intents")
    tested = Counter(case.tags["language"] for case in cases if case.split == "test")
    channels = Counter(case.tags["channel"] for case in cases if case.split == "test")
    assert len(cases) >= 420
    assert set(tested) == {"en", "de", "es", "fr"} and min(tested.values()) >= 30
    assert set(channels) == {"email", "chat", "phone", "social"} and min(channels.values()) >= 25


def test_every_kind_of_message_is_in_every_language() -> None:
    """Typos, sarcasm, mixed intents and injections are not an English speciality."""
    kinds = {(case.tags["kind"], case.tags["language"]) for case in _cases("support_intents")}
    wanted = ("plain", "short", "long", "typo", "sarcasm", "mixed", "injection")
    assert {(kind, language) for kind in wanted for language in ("en", "de", "es", "fr")} <= kinds


@pytest.mark.parametrize("name", FILES)
def test_b14_a_message_without_a_scene_is_where_its_hash_says(name: str) -> None:
    """No case was moved to another split by hand."""
    alone = [case for case in _cases(name) if case.cluster is None]
    assert alone and [case.id for case in alone if case.split != split_of(case.id)] == []


@pytest.mark.parametrize("name", FILES)
def test_data_check_finds_no_error_in_the_files_and_their_manifests(name: str) -> None:
    """No scene, and no equal or near text, is on both sides; the sides are those of the manifest."""
    path = ROOT / "datasets" / f"{name}.jsonl"
    assert manifest_path(path).is_file()
    report = check_files([path], CheckOptions(), None)
    assert [problem for problem in report.problems if problem.severity == "error"] == []


@pytest.mark.parametrize("name", FILES)
def test_b14_splitting_a_file_again_moves_no_case(name: str) -> None:
    """The manifest's own settings give every case the side that it has."""
    path = ROOT / "datasets" / f"{name}.jsonl"
    told = read_manifest(manifest_path(path), name)
    again = FileSplit.of(path, SplitOptions(told.ratios, told.salt, told.stratify, told.group))
    assert [raw["split"] for raw in again.rows()] == [case.split for case in _cases(name)]
    assert again.manifest() == told


@pytest.mark.parametrize("name", FILES)
def test_every_label_is_in_every_split(name: str) -> None:
    """Nothing is tested that could not be tuned, and the other way round."""
    found: dict[tuple[str, str | None], set[str]] = {}
    for case in _cases(name):
        for field, label in case.expected.items():
            found.setdefault((field, case.split), set()).add(label)
    for field in {field for field, _ in found}:
        assert found[field, "train"] == found[field, "dev"] == found[field, "test"]


def test_both_files_hold_the_same_messages() -> None:
    """The triage labels are further labels of the same cases."""

    def told(name: str) -> list[Any]:
        return [(c.id, c.inputs, c.tags, c.split, c.cluster) for c in _cases(name)]

    assert told("support_intents") == told("support_triage")


def test_no_two_messages_are_equal_or_near() -> None:
    """Token Jaccard below 0.8 for every pair."""
    tokens = [(case.id, _tokens(case.inputs["message"])) for case in _cases("support_intents")]
    near = [(a[0], b[0]) for a, b in combinations(tokens, 2) if _overlap(a[1], b[1]) >= NEAR]
    assert near == []


@pytest.mark.parametrize(("name", "version"), PROMPTS)
def test_b12_no_few_shot_example_is_equal_or_near_a_case(name: str, version: int) -> None:
    """An example that the test set holds too would be an answer given away."""
    cases = [(case.id, _tokens(case.inputs["message"])) for case in _cases("support_intents")]
    near = [
        (text, case)
        for text in _examples(name, version)
        for case, tokens in cases
        if _overlap(_tokens(text), tokens) >= NEAR_EXAMPLE
    ]
    assert near == []


def test_urgent_is_what_escalates() -> None:
    """The labelling rule that joins both files: whatever escalates is of high urgency."""
    urgency = {case.id: case.expected["urgency"] for case in _cases("support_triage")}
    escalated = [case.id for case in _cases("support_intents") if case.expected["intent"] == "escalate"]
    assert [case for case in escalated if urgency[case] != "high"] == []


@pytest.mark.parametrize("name", FILES)
def test_files_are_canonical_jsonl(name: str) -> None:
    """One object a line, keys in one order, text as itself rather than escaped."""
    lines = (ROOT / "datasets" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line != json.dumps(json.loads(line), ensure_ascii=False)] == []

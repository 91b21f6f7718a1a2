"""Suite files, read strictly."""

import time
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.workspace.suite import Suite, load_suite
from prompteval.workspace.tree import WorkingTree


def load(tmp_path: Path, text: str) -> Suite:
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "s.yaml").write_text(text)
    return load_suite(WorkingTree(tmp_path), "evals/s.yaml")


def test_a_whole_suite_is_read(tmp_path: Path) -> None:
    """Names, places and paths come out as written; paths start at the suite file."""
    suite = load(
        tmp_path,
        "prompt: p\ncases: ../datasets/c.jsonl\nscorers:\n  - exact: {field: x, name: n}\n"
        "metrics: [accuracy]\ngate:\n  - accuracy >= 0.5\n",
    )
    assert suite.cases[0].path == "datasets/c.jsonl"
    assert (suite.scorers[0].kind, suite.scorers[0].name, dict(suite.scorers[0].options)) == (
        "exact",
        "n",
        {"field": "x"},
    )
    assert (suite.metrics[0].line, suite.gate[0].line) == (5, 7)


def test_all_problems_come_at_once_with_the_nearest_name(tmp_path: Path) -> None:
    """Three slips are three problems, each at its line."""
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, "prompt: p\ncases: c.jsonl\nscorrers: [exact]\nrepeat: 0\nreferences: [majorty]\n")
    told = [str(problem) for problem in caught.value.problems]
    assert told[0].startswith("evals/s.yaml:3:1 PE202 unknown key 'scorrers' (did you mean 'scorers'?)")
    assert "evals/s.yaml:4:9" in told[1]
    assert "did you mean 'majority'" in told[2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "PE201"),
        ("cases: c.jsonl", "PE205 the suite has no target"),
        ("prompt: p", "PE206 the suite has no cases"),
        ("prompt: p\ncallable: 'a:b'\ncases: c", "PE204 a suite must have one target"),
        ("prompt: p\ncases: ../../etc/passwd", "PE207"),
        ("prompt: p\ncases: /etc/passwd", "PE207"),
        ("prompt: p\ncases: c\nscorers: exact", "scorers must be a list"),
        ("cases: c\nendpoint: {url: 'ftp://x', ouput: a}", "s.yaml:2:17 PE220 url must begin with http"),
        (
            "cases: c\nendpoint: {url: 'ftp://x', ouput: a}",
            "2:28 PE220 unknown key 'ouput' in endpoint .*'output'",
        ),
        (
            "cases: c\nendpoint: {url: 'http://x', timeout_s: 0}",
            "PE220 timeout_s must be a number from 0.001",
        ),
        ("cases: c\nendpoint: {url: 'http://x', headers: {a: 1}}", "2:42 PE220 a must be a string, not 1"),
        ("cases: c\nendpoint: http://x", "2:11 PE220 endpoint must be a mapping"),
        # B25: numbers out of any sane range
        ("prompt: p\ncases: c\nrepeat: 1000000000", "s.yaml:3:9 PE203 repeat must be .* from 1 to 10,000"),
        ("cases: c\nrag: {corpus: d, k: 10000000}", "s.yaml:2:21 PE270 k must be .* from 1 to 100,000"),
        (
            "cases: c\nrag: {corpus: d, budget: {context_tokens: 1e12}}",
            "2:43 PE270 context_tokens must be .* from 1 to",
        ),
    ],
)
def test_wrong_suites_say_why(tmp_path: Path, text: str, told: str) -> None:
    """Each mistake has its own message."""
    with pytest.raises(InvalidInput, match=told):
        load(tmp_path, text)


@pytest.mark.parametrize(
    "key", ["cases", "models", "split", "scorers", "metrics", "primary", "slices", "gate"]
)
@pytest.mark.parametrize("value", ["", " []", ' ""'])
def test_b20_an_empty_list_is_refused(tmp_path: Path, key: str, value: str) -> None:
    """A gate whose rules are all commented out decides nothing and looks as if it did."""
    text = "prompt: p\n" if key == "cases" else "prompt: p\ncases: c\n"
    with pytest.raises(InvalidInput, match=f"PE212 {key} is empty"):
        load(tmp_path, f"{text}{key}:{value}\n  # - accuracy >= 0.9\n")


@pytest.mark.parametrize("line", ["models: [m, m]", "metrics: [a, b, a]", "gate: [a >= 0.5, a >= 0.5]"])
def test_b20_what_is_named_twice_is_refused(tmp_path: Path, line: str) -> None:
    """At the second place."""
    with pytest.raises(InvalidInput, match=r"evals/s.yaml:3:\d+ PE211 duplicate"):
        load(tmp_path, f"prompt: p\ncases: c\n{line}\n")


def test_what_a_million_wrong_entries_cost_is_bounded(tmp_path: Path) -> None:
    """The first problems, the number of the rest, and no list of errors as long as the file."""
    started = time.perf_counter()
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, "prompt: p\ncases: c\nmodels: [" + "1, " * 200_000 + "]\nrag: {corpus: d, x: 1}\n")
    assert [problem.code for problem in caught.value.problems] == ["PE203", "PE270"]
    assert time.perf_counter() - started < 60

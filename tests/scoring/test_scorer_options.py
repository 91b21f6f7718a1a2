"""Options of scorers: a model for each kind, every mistake at its own line and column."""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.core.registry import BUILT_IN, resolve
from prompteval.scoring.build import GROUP, INJECTED, build_scorer
from prompteval.workspace.scorer_options import ScorerOptions, declared_options
from prompteval.workspace.settings import Settings, Workspace
from prompteval.workspace.suite import load_suite
from prompteval.workspace.tree import WorkingTree
from tests.small_workspace import SUITE

KINDS = sorted(BUILT_IN[GROUP])


def faults(root: Path, scorer: str) -> list[str]:
    """What is wrong with a suite of one scorer, which stands in line 3 from column 11 on."""
    (root / "evals").mkdir()
    text = "".join(f"{line}\n" for line in SUITE.splitlines() if not line.startswith("scorers"))
    (root / "evals/s.yaml").write_text(
        f"{text.splitlines()[0]}\n{text.splitlines()[1]}\nscorers: [{scorer}]\n"
    )
    try:
        (spec,) = load_suite(WorkingTree(root), "evals/s.yaml").scorers
        build_scorer(spec, workspace=Workspace(root, Settings(), root))
    except InvalidInput as caught:
        return [str(problem) for problem in caught.problems]
    return []


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_has_what_the_class_takes(kind: str) -> None:
    """Each option of the one is an option of the other, with the same default, so that none is ignored."""
    made: Any = resolve(GROUP, kind)
    model = declared_options(made)
    assert model is not None
    own = {name: item for name, item in model.model_fields.items() if name not in ScorerOptions.model_fields}
    taken = {item.name: item for item in fields(made) if item.name not in INJECTED}
    assert set(own) <= set(taken)
    for name, item in own.items():
        default = taken[name].default
        assert default is not MISSING
        assert item.is_required() or (item.default or None) == (default or None), name


@pytest.mark.parametrize(
    ("scorer", "told"),
    [
        ("{exact: {feild: a}}", ["3:20 PE223 unknown key 'feild' in exact (did you mean 'field'?)"]),
        ("{exact: {field: 3}}", ["3:27 PE223 field must be a string, not 3"]),
        (
            "{number: {abs_tol: -1, rel_tol: x}}",
            [
                "3:30 PE223 abs_tol must be a number from 0 to 1,000,000,000,000, not -1",
                "3:43 PE223 rel_tol must be a number from 0 to 1,000,000,000,000, not 'x'",
            ],
        ),
        ("{exact: {threshold: 1}}", ["3:20 PE223 threshold is for graded scorers; this one passes at 1 (remove it)"]),
        ("{rouge: {threshold: 50}}", ["3:31 PE223 threshold must be a number from 0 to 1, not 50"]),
        ("{regex: '('}", ["3:19 PE223 value is not a regular expression: missing ), unterminated subpattern at position 0"]),
        ("regex", ["3:11 PE223 regex needs a pattern (write `{regex: {pattern: ...}}`)"]),
        ("{exact: {extract: a}}", ["3:29 PE223 extract must have one group around the answer, not 0"]),
        ("{exact: {name: 3}}", ["3:26 PE208 name must be a non-empty string, not 3"]),
        ("{exact: {turn: 0}}", ["3:26 PE223 turn must be last, all or a whole number from 1 to 1,000, not 0"]),
        ("{schema_valid: {field: a}}", ["3:27 PE223 unknown key 'field' in schema_valid (known: name, turn)"]),
        ("{bleu: {tokenize: carh}}", ["3:29 PE223 tokenize must be auto, 13a, intl, zh, char, none, ja-mecab or ko-mecab, not 'carh' (did you mean 'char'?)"]),
        ("{judge: {}}", ["3:19 PE223 prompt is missing (such as judge_helpful@v1)"]),
        (
            "{judge: {prompt: p, criteria: [{name: a, text: b}, {name: a, txt: c}]}}",
            ["3:72 PE223 unknown key 'txt' in an entry of criteria (did you mean 'text'?)", "3:62 PE223 text is missing"],
        ),
        ("{python: {function: 'a:b', threshold: x}}", ["3:49 PE223 threshold must be a number from"]),
    ],
)  # fmt: skip
def test_every_mistake_is_at_its_place(tmp_path: Path, scorer: str, told: list[str]) -> None:
    """All of them at once, with what the value must be or the nearest name."""
    found = faults(tmp_path, scorer)
    assert len(found) == len(told), found
    assert all(any(f"evals/s.yaml:{one}" in problem for problem in found) for one in told), found


def test_a_class_that_inherits_is_not_held_to_its_parent_s_model() -> None:
    """A plug-in may subclass a scorer and take more; it is read by its signature then."""
    parent: Any = resolve(GROUP, "exact")
    assert declared_options(type("Own", (parent,), {})) is None

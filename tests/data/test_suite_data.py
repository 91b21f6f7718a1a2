"""`check` looks at the data of every suite."""

import json

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.data.fitted import Example, fit
from prompteval.data.rows import Fields, data_row
from prompteval.engine.check import check_workspace
from tests.small_workspace import SUITE, Place, place

__all__ = ["place"]


@pytest.mark.parametrize(
    ("second", "codes"),
    [
        ({"split": "test"}, ["PD102"]),
        ({"expected": "goodbye"}, ["PD111"]),
        ({"inputs": {"message": "something else"}, "split": "test"}, []),
        ({}, []),
    ],
)
def test_b12_what_is_wrong_with_the_cases_of_a_suite(
    place: Place, second: dict[str, object], codes: list[str]
) -> None:
    """B12: equal cases on two sides, and labels in conflict, are errors at their line; the rest is for `data check`."""
    first = {"id": "a", "inputs": {"message": "Hello there"}, "expected": "hello", "split": "train"}
    rows = [first, {**first, "id": "b", **second}]
    place.write("datasets/c.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    found = [
        problem for problem in check_workspace(place.workspace).problems if problem.code.startswith("PD")
    ]
    assert [(problem.path, problem.line, problem.code) for problem in found] == [
        ("datasets/c.jsonl", 2, code) for code in codes
    ]


CALIBRATED = """[models.intents]
provider = "local"
model = "use"
calibration = "calibration.json"
"""


JUDGE = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    output: str

class Verdict(BaseModel):
    verdict: Literal["yes", "no"]

prompt = Prompt(inputs=Inputs, output=Verdict, messages=[user("Is it right? {{ output }}")])
"""


def calibrated(place: Place, sides: dict[str, str]) -> None:
    """A workspace whose model has a map fitted on the rows of `train`, and cases with these sides."""
    rows = [
        {"id": f"c{n}", "inputs": {"message": f"question number {n}"}, "expected": "billing",
         "confidence": n / 8, "correct": n % 3 > 0, "split": "train"}
        for n in range(8)
    ]  # fmt: skip
    examples = [
        Example(data_row(row, "rows", 1, Fields(label="correct")), (float(str(row["confidence"])),))
        for row in rows
    ]
    place.write("calibration.json", fit("platt", "confidence", examples, "train").text())
    kept = ("id", "inputs", "expected")
    cases = [{key: row[key] for key in kept} | {"split": sides.get(str(row["id"]))} for row in rows]
    place.write("datasets/c.jsonl", "".join(json.dumps(case) + "\n" for case in cases))
    place.write("prompteval.toml", CALIBRATED)
    place.write("evals/s.yaml", SUITE.replace("scripted/m.jsonl", "intents"))


def test_b12_a_model_whose_calibration_has_seen_a_test_case_is_refused(place: Place) -> None:
    """By `check` at the case's line, and by `run` before anything is asked; cases of train are what it is for."""
    sides = {f"c{n}": "train" for n in range(8)}
    calibrated(place, sides)
    assert [one for one in check_workspace(place.workspace).problems if one.code == "PD119"] == []
    calibrated(place, sides | {"c4": "test"})
    found = [one for one in check_workspace(place.workspace).problems if one.code == "PD119"]
    assert [(one.path, one.line) for one in found] == [("datasets/c.jsonl", 5)]
    with pytest.raises(InvalidInput, match=r"PD119 calibration\.json was fitted on test row 'c4'"):
        place.run()


def test_b12_the_calibration_of_a_judge_is_held_to_the_same(place: Place) -> None:
    """Its verdicts on rows that it was fitted on say as little as those of a model that is evaluated."""
    sides = {f"c{n}": "train" for n in range(8)}
    calibrated(place, sides | {"c4": "test"})
    place.write("prompts/judge/v1.py", JUDGE)
    judge = "scorers: [exact, {judge: {prompt: judge, model: intents}}]"
    place.write("evals/s.yaml", SUITE.replace("scorers: [exact]", judge))
    found = [one for one in check_workspace(place.workspace).problems if one.code == "PD119"]
    assert [(one.path, one.line) for one in found] == [("datasets/c.jsonl", 5)]
    with pytest.raises(InvalidInput, match=r"PD119 calibration\.json was fitted on test row 'c4'"):
        place.run()


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ('calibration = "nope.json"', "nope.json: No such file or directory"),
        ('abstain = "calibration.json"', "abstain takes threshold, not platt"),
        ('abstain = "../outside.json"', "../outside.json: leads out of the workspace"),
        ('calibration = "datasets/c.jsonl"', "datasets/c.jsonl: not a transform"),
    ],
)
def test_a_transform_of_a_model_that_is_not_one_is_found_by_check(
    settings: str, wrong: str, place: Place
) -> None:
    """At the suite's line that names the model."""
    calibrated(place, {})
    place.write("prompteval.toml", f'[models.intents]\nprovider = "local"\nmodel = "use"\n{settings}\n')
    found = [one for one in check_workspace(place.workspace).problems if one.code == "PE221"]
    assert [(one.path, one.line) for one in found] == [("evals/s.yaml", 3)]
    assert wrong in found[0].message


def test_only_a_local_model_takes_a_transform(place: Place) -> None:
    """No key of a profile is read and ignored."""
    place.write("prompteval.toml", '[models.m]\nmodel = "x"\nabstain = "a.json"\n')
    with pytest.raises(InvalidInput, match=r"abstain .* is for a local model, and the provider is 'openai'"):
        _ = place.workspace

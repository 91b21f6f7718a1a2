"""What is named twice is run once or refused: rows, money and a gate's say are never doubled."""

from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput, NothingSelected, UsageError
from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.plan.run_options import RunOptions, Selection
from tests.small_workspace import SUITE, Place

SERVER = 'model = "x"\nbase_url = "http://127.0.0.1:9/v1"\n'


@pytest.mark.parametrize(
    ("models", "told"),
    [
        (("scripted/m.jsonl",) * 2, "duplicate model 'scripted/m.jsonl'"),
        (("scripted/m.jsonl", "scripted/./m.jsonl"), "it is the same as 'scripted/m.jsonl'"),
        (("fast", "slow"), "it is the same as 'fast'"),
        (("openai/x", "plain"), "it is the same as 'openai/x'"),
    ],
)
def test_b20_a_model_is_named_once(place: Place, models: tuple[str, ...], told: str) -> None:
    """By its name, by a path to the same file, by profiles that differ in pace alone."""
    place.write(
        "prompteval.toml",
        f'[models.fast]\n{SERVER}rpm = 500\n[models.slow]\n{SERVER}rpm = 5\n[models.plain]\nmodel = "x"\n',
    )
    with pytest.raises(InvalidInput, match=f"--model PE229 .*{told}"):
        place.run(models=models)
    place.write("evals/s.yaml", SUITE.replace("[scripted/m.jsonl]", f"[{', '.join(models)}]"))
    with pytest.raises(InvalidInput, match=r"evals/s.yaml:3:\d+ PE2(11|29) .*duplicate"):
        place.run()


@pytest.mark.parametrize("second", ["say@v1", "say"])
def test_b20_a_prompt_is_named_once(place: Place, second: str) -> None:
    """A name is its current version; one version has one set of rows."""
    with pytest.raises(InvalidInput, match="--prompt PE229 duplicate prompt"):
        place.run(prompts=("say@v1", second))


def test_b20_a_prompt_that_no_suite_runs_is_refused(place: Place) -> None:
    """Beside one that is run, it would be left out silently."""
    with pytest.raises(UsageError, match=r"--prompt sya@v1: no suite here runs it \(did you mean 'say'"):
        place.run(prompts=("say@v1", "sya@v1"))


def test_b20_a_suite_without_a_case_is_refused_beside_one_that_has_some(place: Place) -> None:
    """Its gate would not be looked at; alone it is an empty selection, exit 5."""
    place.write("datasets/none.jsonl", "")
    place.write("evals/b.yaml", SUITE.replace("c.jsonl", "none.jsonl"))
    with pytest.raises(InvalidInput, match=r"evals/b.yaml:2:1 PE233 the suite has no cases"):
        place.run()
    with pytest.raises(NothingSelected):
        place.run(suites=("b",))


def test_b20_a_suite_that_the_selection_leaves_nothing_of_is_named(place: Place) -> None:
    """`-k` may leave one suite out, with a word."""

    class Notes(Progress):
        told = ""

        def note(self, text: str) -> None:
            self.told += text

    place.write("evals/b.yaml", SUITE)
    notes, chosen = Notes(), RunOptions(cache=False, selection=Selection(expression="b::c1"))
    assert len(run_suites(place.workspace, chosen, notes).results) == 1
    assert notes.told == "not run, since the selection leaves no case: s"


def test_b20_every_suite_is_checked_before_any_is_run(place: Place) -> None:
    """The problems of all suites come at once, and nothing is stored."""
    place.write("evals/a.yaml", SUITE.replace("scripted/m", "scripted/n"))
    place.write("evals/z.yaml", SUITE.replace("[accuracy]", "[acuracy]"))
    with pytest.raises(InvalidInput) as caught:
        place.run()
    assert [Path(problem.path).name for problem in caught.value.problems] == ["a.yaml", "z.yaml"]
    assert not (place.root / ".prompteval").exists()

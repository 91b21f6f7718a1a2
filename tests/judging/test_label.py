"""`label`: blind, seeded, resumable, in a real terminal; and the walk from an open gate to a decided one."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import UsageError
from prompteval.engine.labelling import LabelOptions, Sheet, disagreements, label_sheet
from prompteval.judging.labels import of_people, read_labels
from prompteval.judging.sample import chosen_cases
from tests.forks import shared
from tests.judging.judged_workspace import COUNT, SUITE, lines
from tests.small_workspace import Place

GATED = SUITE + (
    "slices: [kind]\ngate: [accuracy >= 0.4]\njudges:\n"
    "  judge_correct: {labels: judges/c.labels.jsonl, calibration: judges/c.json}\n"
)


@pytest.fixture
def gated(judges: Place) -> Place:
    judges.write("evals/judged.yaml", GATED)
    judges.run(suites=("judged",))
    return judges


def sheet(place: Place, **options: object) -> Sheet:
    made = LabelOptions(annotator="ann", **options)  # type: ignore[arg-type]
    return label_sheet(place.workspace, ["judged"], None, made)


@given(st.integers(0, 200), st.integers(1, 60), st.integers(0, 60), st.integers(0, 9))
def test_a_larger_sample_holds_the_smaller(cases: int, small: int, more: int, seed: int) -> None:
    """So that more labels are added to those that are there."""
    known = {f"c{n}": None for n in range(cases)}
    first = chosen_cases(known, small, seed)
    assert first == chosen_cases(known, small + more, seed)[: len(first)]
    assert len(first) == min(small, cases)


@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.sampled_from("abc"), max_size=60), st.integers(1, 60)
)
def test_weights_of_a_balanced_sample_add_up_to_the_cases(cases: dict[str, str], sample: int) -> None:
    """Each stratum by as many cases as it has, as far as one of it was chosen."""
    found = chosen_cases(cases, sample, 1, balanced=True)
    sizes = Counter(cases.values())
    weights: Counter[str] = Counter()
    for one in found:
        weights[cases[one.case_id]] += one.weight or 0  # type: ignore[assignment]
    assert all(weights[name] == pytest.approx(sizes[name]) for name in weights)
    assert len(found) == min(sample, len(cases))


def test_every_case_is_as_likely_as_any_other() -> None:
    """Over 2,000 seeds each of 20 cases is among 5 chosen a quarter of the time."""
    cases = {f"c{n}": None for n in range(20)}
    seen = Counter(one.case_id for seed in range(2000) for one in chosen_cases(cases, 5, seed))
    assert all(430 < seen[case] < 570 for case in cases)


def test_the_sheet_shows_neither_version_nor_judge(gated: Place) -> None:
    """What is printed has the case, what was asked and the output; nothing of model, run or verdict."""
    done = shared().run(gated.root, "label", "last", "--sample", "3", "--annotator", "ann")
    assert done.code == 0 and "the same command continues" in done.stdout
    shown = done.stdout.partition("\n0 of ")[0]
    for secret in ("outputs:", "recorded", "judge_correct", "as expected", "2026"):
        assert secret not in shown


def test_labels_are_appended_and_the_same_command_continues(gated: Place) -> None:
    """A person who comes back labels the rest; another person starts anew on the same cases."""
    first = sheet(gated, sample=6)
    for output in first.left[:2]:
        first.add(output, "yes", "a note")
    again = sheet(gated, sample=6)
    assert [one.case_id for one in again.outputs] == [one.case_id for one in first.outputs]
    assert len(again.left) == 4
    labels = read_labels(again.path.read_bytes(), "l")
    assert {one.annotator for one in labels} == {"ann"} and all(one.output for one in labels)
    other = label_sheet(
        gated.workspace, ["judged"], None, LabelOptions(sample=6, annotator="bob", share=0.34)
    )
    assert [one.case_id for one in other.left] == [one.case_id for one in first.outputs[:3]]


def test_a_label_that_is_given_again_counts_instead(gated: Place) -> None:
    """Going back appends; the last one of a person for an output is read."""
    page = sheet(gated, sample=2)
    page.add(page.outputs[0], "yes")
    page.add(page.outputs[0], "no")
    (label,) = of_people(read_labels(page.path.read_bytes(), "l"))
    assert label.label == "no"


def test_balanced_labels_carry_their_weights(gated: Place) -> None:
    """Ten of each kind: four labels of each stand for 2.5 cases each."""
    page = sheet(gated, sample=8, balance="kind")
    assert {one.weight for one in page.outputs} == {2.5}


@pytest.mark.parametrize(
    ("first", "then", "message"),
    [
        (
            {"sample": 4},
            {"sample": 8, "balance": "kind"},
            "1 label of outputs that were drawn without --balance",
        ),
        (
            {"sample": 8, "balance": "kind"},
            {"sample": 4},
            "1 label of outputs that were drawn with --balance",
        ),
        ({"sample": 8, "balance": "kind"}, {"sample": 10, "balance": "kind"}, "weights of another sample"),
    ],
)
def test_labels_of_another_sample_are_refused_before_one_is_given(
    gated: Place, first: dict[str, object], then: dict[str, object], message: str
) -> None:
    """Together they would give no estimate, and the work of labelling would be lost."""
    page = sheet(gated, **first)
    page.add(page.outputs[0], "yes")
    with pytest.raises(UsageError, match=message) as refused:
        sheet(gated, **then)
    assert refused.value.help is not None and "-o" in refused.value.help
    assert sheet(gated, **first).left == page.outputs[1:]
    assert sheet(gated, **{**then, "reading": True}).known  # --disagreements only looks


def test_outputs_that_were_not_drawn_are_in_no_figure(gated: Place) -> None:
    """Those where the judge disagrees with itself are chosen, and marked."""
    gated.write("evals/judged.yaml", GATED.replace("judge.jsonl}", "judge.jsonl, samples: 2}"))
    gated.run(suites=("judged",))
    with pytest.raises(UsageError, match="no output on which the judge disagrees with itself"):
        sheet(gated, disagreeing=True)
    line = {"case_id": "c1", "label": "yes", "annotator": "ann", "chosen": "disagree"}
    assert of_people(read_labels(lines([line]).encode(), "l")) == ()


def test_disagreements_are_listed(gated: Place) -> None:
    """By case, with who says what."""
    page = sheet(gated, sample=3)
    page.add(page.outputs[0], "yes")
    other = label_sheet(gated.workspace, ["judged"], None, LabelOptions(sample=3, annotator="bob"))
    other.add(other.outputs[0], "no")
    (found,) = disagreements(page.path)
    assert dict(found.labels) == {"ann": "yes", "bob": "no"}
    done = shared().run(gated.root, "label", "last", "--disagreements", "--sample", "3")
    assert done.code == 0 and "ann: yes, bob: no" in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--balance", "colour"], "no case carries the tag 'colour'"),
        (["--where", "random"], "unknown --where 'random'"),
        (["--judge", "nobody"], "no judge 'nobody'"),
        (["--sample", "0"], "must be a whole number"),
    ],
)
def test_what_cannot_be_labelled_is_refused(gated: Place, options: list[str], message: str) -> None:
    """Exit 2 with what is wrong."""
    done = shared().run(gated.root, "label", "last", *options)
    assert done.code == 2 and message in done.stderr


def test_a_share_of_the_sample_without_a_case_is_nothing_to_label(gated: Place) -> None:
    """Exit 5: not `0 of 0 outputs labelled`."""
    gated.run(suites=("judged",))
    done = shared().run(gated.root, "label", "last", "--share", "0")
    assert done.code == 5 and "--share 0 of the sample has no case" in done.stderr


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, root: Path, *arguments: str) -> None:
        self._mine, theirs = pty.openpty()
        command = [sys.executable, "-m", "prompteval", *arguments]
        env = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
        self.process = subprocess.Popen(
            command, cwd=root, stdin=theirs, stdout=theirs, stderr=theirs, env=env, close_fds=True
        )
        os.close(theirs)
        self.seen = ""

    def until(self, text: str, seconds: float = 120.0) -> str:
        """What is printed until a text is there."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            ready, _, _ = select.select([self._mine], [], [], max(end - time.monotonic(), 0))
            assert ready, self.seen
            try:
                data = os.read(self._mine, 65536)
            except OSError:  # the other end is closed
                data = b""
            assert data, self.seen
            self.seen += data.decode()
        before, _, self.seen = self.seen.partition(text)
        return before

    def press(self, keys: str) -> None:
        os.write(self._mine, keys.encode())

    def end(self) -> int:
        code = self.process.wait(120)
        os.close(self._mine)
        return code


@pytest.mark.slow
def test_from_an_open_gate_to_a_decided_one_in_a_terminal(gated: Place) -> None:
    """Run, label every output with one key each, check, run again: the gate decides."""
    before = shared().run(gated.root, "run", "judged")
    assert "inconclusive" in before.stdout and "label outputs with `prompteval label`" in before.stdout
    terminal = Terminal(gated.root, "label", "last", "--annotator", "ann")
    for number in range(COUNT):
        shown = terminal.until("> ")
        if number == 0:  # a wrong key, a note, and back and forth
            terminal.press("9")
            terminal.until("'9' is not a label")
            terminal.press("b")
            shown = terminal.until("> ")
            terminal.press("n")
            terminal.until("note: ")
            terminal.press("seen twice\n")
        terminal.press("1" if "a right answer" in shown else "2")
    terminal.until(f"{COUNT} of {COUNT} outputs labelled by ann")
    terminal.until("next: prompteval judge check judged")
    assert terminal.end() == 0
    first = json.loads((gated.root / "evals/judges/c.labels.jsonl").read_text().splitlines()[0])
    assert first["note"] == "seen twice"
    checked = shared().run(gated.root, "judge", "check", "judged")
    assert checked.code == 0, checked.stdout + checked.stderr
    after = shared().run(gated.root, "run", "judged")
    assert after.code == 0 and "pass: the gate passes" in after.stdout.replace("\n", " ")

"""What version 0 stored is read today, and gives the figures that it gave then (tests/fixtures/v0)."""

import csv
import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.v0.figures import figures, lost, without_moment
from tests.forks import Done, Forks, shared
from tests.golden import CHANGED, DIRECTORY, kept
from tests.report.reading_page import read_page

STORED = Path(__file__).parents[1] / "fixtures" / "v0"
EXPECTED = json.loads((STORED / "expected.json").read_text(encoding="utf-8"))
RUN = next(one["arguments"][1] for one in EXPECTED if one["name"] == "show every")
FIRST = next(one["arguments"][1] for one in EXPECTED if one["name"] == "show first")
# A run is what its baseline was made of: unchanged content passes `no_regression` today.
DECIDED_TODAY = {
    "gate first": [f".results[{n}].gates[3].verdict: 'inconclusive' became 'pass'" for n in (0, 1)]
}
RUNS_ANEW = ("replay", "cached", "sweep")


@pytest.fixture
def forks() -> Forks:
    return shared()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the workspace, with what was stored where it lay."""
    made = tmp_path / "workspace"
    shutil.copytree(STORED / "workspace", made)
    shutil.copytree(STORED / "state", made / ".prompteval")
    return made


def ended(done: Done, *codes: int) -> Done:
    assert done.code in codes and "Traceback" not in done.stderr, done
    return done


@pytest.mark.parametrize("command", EXPECTED, ids=lambda command: command["name"])
def test_a_command_over_what_was_stored_gives_the_same_figures(
    command: Any, forks: Forks, root: Path
) -> None:
    """Runs, cases, gates, comparisons, baselines, the recording, the cache, the lock and the sweep."""
    done = ended(forks.run(root, *command["arguments"]), command["code"])
    if command["name"] == "worst":  # what is worst is told by the verdict today, no longer by the first score
        assert len(done.stdout.splitlines()) == len(command["figures"])
        return
    now, then = figures(done.stdout), command["figures"]
    if command["name"] in RUNS_ANEW:
        now, then = without_moment(now), without_moment(then)
    assert lost(then, now) == DECIDED_TODAY.get(command["name"], [])


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "xml", "md", "html"])
def test_a_report_of_what_was_stored_has_the_same_figures(ending: str, forks: Forks, root: Path) -> None:
    """Every format; more columns and other sentences are no loss."""
    ended(forks.run(root, "report", RUN, "-o", f"new.{ending}"), 0)
    then, now = ((STORED / f"outputs/run.{ending}").read_text(), (root / f"new.{ending}").read_text())
    if ending == "html":  # the page holds its tables as data today
        shown = re.sub(r"<(svg|style).*?</\1>", "", then.split("<details")[0], flags=re.DOTALL)
        assert Counter(_cells(shown)) - Counter(_cells(read_page(now).texts)) == Counter()
        return
    if ending == "md":  # the cases have more parts today, in another order
        then, now = (text.split("<details")[0] for text in (then, now))
    if (
        ending == "md"
    ):  # there are more tables today: the lines of then, in their order, are among those of now
        lines = iter(_lines(now))
        assert [line for line in _lines(then) if line not in lines] == []
        return
    assert lost(READ[ending](then), READ[ending](now)) == []


@pytest.mark.golden
def test_the_markdown_of_what_was_stored_is_kept_word_for_word(forks: Forks, root: Path) -> None:
    """The test above lets tables come and go; here every line of today's is held."""
    ended(forks.run(root, "report", RUN, "-o", "new.md"), 0)
    text = (root / "new.md").read_text("utf-8")
    assert text == kept(DIRECTORY / "stored_v0.md", text), CHANGED


@pytest.mark.parametrize("ending", ["json", "md"])
def test_a_comparison_of_what_was_stored_has_the_same_figures(ending: str, forks: Forks, root: Path) -> None:
    arguments = ("compare", FIRST, RUN, "--suite", "route", "-q", "-o", f"new.{ending}")
    ended(forks.run(root, *arguments), 0)
    then, now = ((STORED / f"outputs/comparison.{ending}").read_text(), (root / f"new.{ending}").read_text())
    assert lost(READ[ending](then), READ[ending](now)) == []


def test_a_run_that_was_killed_goes_on(forks: Forks, root: Path) -> None:
    """Its journal becomes attempts, what it had is not run again, and what the cache has is not asked for."""
    unfinished = [one["run_id"] for one in EXPECTED[0]["figures"] if one["verdict"] is None]
    done = forks.run(root, "run", "--resume-run", unfinished[1], "--json", env={"FIXTURE_KEY": "x"})
    body = json.loads(ended(done, 0).stdout)
    cases = {"total": 18, "scored": 18, "errors": 0, "invalid": 0, "skipped": 0}
    assert body["results"][0]["cases"].items() >= cases.items()
    assert body["results"][0]["metrics"]["accuracy"]["value"] == 15 / 18


def _cells(text: str) -> Any:
    """The numbers with a fraction, in the order of a page."""
    return re.findall(r"(?<![\w.])-?\d+\.\d+(?![\w.])", text)


def _lines(text: str) -> list[list[str]]:
    """The numbers of each line that has some."""
    return [found for line in text.splitlines() if (found := _cells(line))]


def _junit(text: str) -> Any:
    """Which cases passed, of every result."""
    return [
        [
            one.get("classname"),
            one.get("name"),
            sorted(part.tag for part in one if part.tag in ("failure", "error")),
        ]
        for one in ET.fromstring(text).iter("testcase")
    ]


READ: dict[str, Any] = {
    "json": figures,
    "jsonl": figures,
    "csv": lambda text: [
        {k: v for k, v in row.items() if k != "error"} for row in csv.DictReader(text.splitlines())
    ],
    "xml": _junit,
    "md": _cells,
}

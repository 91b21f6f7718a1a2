"""`run --shard` and `runs merge`: parts of a run on several machines, and one verdict over all of them."""

import json
import random
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from prompteval.store.hashes import RECORD, record_hash

TEAMS = ("payments", "support")


@pytest.fixture
def many(workspace: Any) -> Any:
    """Forty cases, of which the scripted model gets most right."""
    workspace.cases(*(
        (f"c{number:02}", f"{'pay' if number % 3 else 'it broke'} {number}", TEAMS[not (number % 3 or number == 9)])
        for number in range(40)
    ))  # fmt: skip
    return workspace


def store(root: Path, place: Path) -> Path:
    """The results of a machine, taken away so that the next begins with none."""
    place.mkdir(parents=True)
    shutil.move(root / ".prompteval/results.sqlite", place / "results.sqlite")
    return place


def shards(workspace: Any, total: int, *arguments: str) -> list[Path]:
    """The stores of all parts, each run by itself."""
    found = []
    for number in range(1, total + 1):
        workspace.run("run", "--shard", f"{number}/{total}", *arguments, code=0)
        found.append(store(workspace.root, workspace.root / f"part{total}-{number}"))
    return found


def case_ids(path: Path) -> set[str]:
    return {json.loads(line)["case_id"] for line in path.read_text().splitlines()}


def comparable(body: dict[str, Any]) -> dict[str, Any]:
    """A run as JSON, but for its times, its id and what its calls used."""
    text = json.dumps(body).replace(body["run_id"], "RUN")
    found: dict[str, Any] = json.loads(re.sub(r'"started": "[^"]*"', '"started": ""', text))
    for result in found["results"]:
        del result["usage"], result["timing"]
    return found


@pytest.mark.parametrize("total", [1, 3, 8])
def test_merged_shards_are_the_run_of_one_process(many: Any, total: int) -> None:
    """Invariant 6: the same report, whatever the number of shards and the order of their stores."""
    whole = many.run_json("-o", "whole.jsonl")
    places = shards(many, total)
    random.Random(total).shuffle(places)
    merged = json.loads(many.run("runs", "merge", *map(str, places), "--json", code=0).stdout)
    assert comparable(merged) == comparable(whole)
    many.run("report", "last", "-o", "merged.jsonl", code=0)
    one, other = ((many.root / name).read_text().splitlines() for name in ("whole.jsonl", "merged.jsonl"))
    assert [json.loads(line)["case_id"] for line in one] == [json.loads(line)["case_id"] for line in other]
    assert many.run("gate", "last", code=0).stdout.count("accuracy >= 0.7") == 1


def test_a_shard_decides_no_gate_and_a_case_has_its_shard_for_good(many: Any) -> None:
    """Exit 0 although the gate of the whole would fail; added cases move none of those that were there."""
    many.write("evals/s.yaml", (many.root / "evals/s.yaml").read_text().replace("0.7", "1.0"))
    seen = [many.run_json("--shard", f"{number}/3", "-o", f"{number}.jsonl") for number in (1, 2, 3)]
    assert [(one["verdict"], one["results"][0]["gates"]) for one in seen] == [("inconclusive", [])] * 3
    ids = [case_ids(many.root / f"{number}.jsonl") for number in (1, 2, 3)]
    assert sum(map(len, ids)) == 40 and len(set.union(*ids)) == 40
    many.run("gate", "last", code=2)
    lines = (many.root / "datasets/c.jsonl").read_text().splitlines(keepends=True)
    more = [line.replace('"id": "c', '"id": "d') for line in lines]
    (many.root / "datasets/c.jsonl").write_text("".join([*more, *reversed(lines)]))
    many.run_json("--shard", "2/3", "-o", "grown.jsonl")
    grown = case_ids(many.root / "grown.jsonl")
    assert {name for name in grown if name.startswith("c")} == ids[1]


def test_a_missing_shard_is_incomplete_and_an_equal_repeat_counts_once(many: Any) -> None:
    """3 with the shard's name; a store that is given twice, and a shard that ran twice, change nothing."""
    first, second, third = shards(many, 3)
    done = many.run("runs", "merge", str(first), str(third), code=3)
    assert "1 shard is missing: 2/3; " in done.stdout and "were not run" in done.stdout
    many.run("run", "--shard", "2/3", "--no-cache", code=0)
    again = store(many.root, many.root / "again")
    merged = many.run("runs", "merge", *map(str, (again, first, second, third)), "--json", code=0)
    assert json.loads(merged.stdout)["results"][0]["cases"]["total"] == 40


def test_a_shard_has_no_word_of_a_verdict(many: Any) -> None:
    """Gates are decided later, which is no doubt about them: neither when it runs nor when it is shown."""
    line = "shard 1/2 has ended; gates are decided after `prompteval runs merge` (exit 0)"
    for command in (("run", "--shard", "1/2", "--inconclusive", "fail"), ("show", "last")):
        assert many.run(*command, code=0).stdout.splitlines()[-1] == line


def test_a_merge_with_a_part_missing_decides_no_rule(many: Any) -> None:
    """The table is of the same cases as the line above it, and a rule says how many are lacking."""
    first, _ = shards(many, 2)
    merged = many.run("runs", "merge", str(first), code=3).stdout
    found = re.search(r"^(\d+/40) scored, (\d+) skipped", merged, re.MULTILINE)
    assert found and re.search(rf"accuracy .* {found[1]} ", merged)
    assert f"! incomplete accuracy >= 0.7 (not decided: {found[2]} cases were not run; so far: " in merged
    assert "! incomplete accuracy" in many.run("gate", "last", code=3).stdout


def test_different_results_of_a_case_and_other_content_are_refused(many: Any) -> None:
    """2, with both runs named, and nothing is written."""
    first, second, third = shards(many, 3)
    many.script({"when": "", "output": {"team": "support"}})
    many.run("run", "--shard", "2/3", "--no-cache", code=0)
    other = store(many.root, many.root / "other")
    said = many.run("runs", "merge", *map(str, (first, second, third, other)), code=2).stderr
    assert re.search(r"case 'c\d\d' has different results in shard 2/3 .* and shard 2/3 ", said)
    many.write("datasets/c.jsonl", (many.root / "datasets/c.jsonl").read_text().replace('pay 1"', 'pay 11"'))
    assert (
        "does not fit the content of this workspace"
        in many.run("runs", "merge", *map(str, (first, second, third)), code=2).stderr
    )
    many.run("run", "--shard", "1/3", code=0)
    changed = store(many.root, many.root / "changed")
    said = many.run("runs", "merge", *map(str, (changed, second, third)), code=2).stderr
    assert "does not go with" in said and "run the shards again" in said
    assert "no runs yet" in many.run("runs", code=0).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--shard", "0/3"], "there is no shard 0 of 3"),
        (["run", "--shard", "4/3"], "there is no shard 4 of 3"),
        (["run", "--shard", "three"], "not a part such as 3/8"),
        (["run", "--shard", "1/99999"], "the number of shards must be a whole number from 1 to 10,000"),
        (["run", "--shard", "1/2", "--stop-early"], "--stop-early needs every case"),
        (["run", "--shard", "1/2", "--against", "baseline"], "--against needs every case"),
        (["run", "--shard", "1/2", "--resume"], "--resume uses the selection"),
        (["runs", "merge", "nowhere"], "nowhere: no results database"),
    ],
)
def test_what_cannot_be_a_shard_is_refused(workspace: Any, arguments: list[str], said: str) -> None:
    """Before anything runs, with what to write."""
    assert said in workspace.run(*arguments, code=2).stderr


def test_s18_what_two_shards_do_not_have_in_common_is_said_as_it_was_given(many: Any) -> None:
    """Options by their names and values; scorers by theirs; nothing in the form of Python."""
    (whole,) = shards(many, 1)
    for number, (given, said) in enumerate({
        ("--repeat", "2"): "--repeat: 2 and not given",
        ("--strict-model",): "--strict-model: given and not given",
        ("-k", "c01 or c02", "--limit", "2"): "the selection of cases: -k 'c01 or c02' --limit 2 and every case",
    }.items()):  # fmt: skip
        many.run("run", "--shard", "1/1", *given, code=0)
        other = store(many.root, many.root / f"other{number}")
        refused = many.run("runs", "merge", str(whole), str(other), code=2).stderr
        assert f"{said} (run the shards again)" in refused


def test_s18_a_merge_writes_no_database_with_the_name_of_a_report(many: Any) -> None:
    """What is wanted then is a report, which has a command."""
    (whole,) = shards(many, 1)
    said = many.run("runs", "merge", str(whole), "-o", "merged.csv", code=2).stderr
    assert "the merged runs are a database" in said and "prompteval report last -o merged.csv" in said
    assert not (many.root / "merged.csv").exists()


def test_a_selection_comes_before_the_shards(many: Any) -> None:
    """`--limit` and `-k` choose the same cases as without shards, also where a shard has none of them."""
    whole = many.run_json("--limit", "3")
    places = shards(many, 8, "--limit", "3")
    merged = json.loads(many.run("runs", "merge", *map(str, places), "--json", code=0).stdout)
    assert comparable(merged) == comparable(whole)


def test_an_incomplete_shard_is_continued_and_merged_again(many: Any) -> None:
    """Invariants 1 and 7: its rows count before and after, and the part stays the part that it was."""
    answers = [{"when": "it broke", "output": {"team": "support"}}]
    answers += [{"when": f"pay {first}", "output": {"team": "payments"}} for first in "123458"]
    many.script(*answers)
    codes = [many.run("run", "--shard", f"{number}/2", "--no-cache").returncode for number in (1, 2)]
    assert sorted(codes) == [0, 3]
    assert "1 case ended in an error" in many.run("runs", "merge", ".", code=3).stdout
    many.script(*answers, {"when": "pay 7", "output": {"team": "payments"}})
    unfinished = [one for one in json.loads(many.run("runs", "--json").stdout) if one["exit_code"] == 3]
    done = many.run("run", "--resume-run", unfinished[-1]["run_id"], code=0)
    assert "gates are decided after `prompteval runs merge` (exit 0)" in done.stdout
    merged = json.loads(many.run("runs", "merge", ".", "--json", code=0).stdout)
    assert (merged["verdict"], merged["results"][0]["cases"]["scored"]) == ("pass", 40)


def test_a_damaged_part_leaves_no_run_behind(many: Any) -> None:
    """What is refused is refused before anything is written: the last run stays the last."""
    first, second = shards(many, 2)
    before = many.run_json()["run_id"]
    with closing(sqlite3.connect(first / "results.sqlite")) as database, database:
        database.execute("UPDATE rows SET observation = replace(observation, 'payments', 'support')")
    assert "does not match its hash" in many.run("runs", "merge", str(first), str(second), code=2).stderr
    assert [one["run_id"] for one in json.loads(many.run("runs", "--json").stdout)] == [before]


def test_which_runs_are_joined_is_said(many: Any) -> None:
    """On standard error, with a warning where one is of another time: its results may be of an earlier run."""
    first, second = shards(many, 2)
    with closing(sqlite3.connect(second / "results.sqlite")) as database, database:
        (record,) = database.execute(f"SELECT {RECORD} FROM runs")
        changed = [record[0], "2020-01-01T00:00:00.000+00:00", *record[2:]]
        database.execute("UPDATE runs SET started = ?, hash = ?", (changed[1], record_hash(changed)))
    said = many.run("runs", "merge", str(first), str(second), code=0).stderr
    assert said.count("shard 1/2: run ") == said.count("shard 2/2: run ") == 1
    assert "warning: the shards began up to" in said

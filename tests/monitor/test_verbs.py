"""The verbs of `monitor` as they are typed: references, files, exit codes and messages."""

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.prediction import Prediction
from tests.forks import Done, shared
from tests.monitor.logs import START, predictions, write_config, write_log

ROUTE = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

class Output(BaseModel):
    intent: Literal["billing", "technical"]

prompt = Prompt(inputs=Inputs, output=Output, messages=[user("{{ message }}")])
"""
SUITE = "prompt: route_ticket\ncases: ../datasets/c.jsonl\nmodels: [scripted/m.jsonl]\nscorers: [{exact: {field: intent}}]\nmetrics: [accuracy]\n"
EVEN = {"billing": 0.5, "technical": 0.5}


def traffic(n: int, shares: dict[str, float], *, seed: int = 0, start: float = START) -> list[Prediction]:
    """Rows whose inputs and latencies are like those of the run."""
    rows = predictions(n, shares, seed=seed, start=start, latency_ms=0.01)
    said = {"billing": "pay ", "technical": "fix "}
    return [
        replace(row, inputs={"message": said[row.output["intent"]] + "x" * (40 + place % 20)})
        for place, row in enumerate(rows)
    ]


def typed(root: Path, *arguments: str, code: int = 0) -> Done:
    done = shared().run(root, *arguments)
    assert done.code == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose suite was run once and is the baseline: 400 cases, half of each class."""
    root = tmp_path_factory.mktemp("team")
    rules = [
        {"when": "pay", "output": {"intent": "billing"}},
        {"when": "", "output": {"intent": "technical"}},
    ]
    cases = [
        {"id": f"c{n}", "inputs": {"message": ("pay " if n % 2 else "fix ") + "x" * (40 + n % 20)},
         "expected": {"intent": "billing" if n % 2 else "technical"}}
        for n in range(400)
    ]  # fmt: skip
    files = {
        "prompteval.toml": "",
        "prompts/route_ticket/v1.py": ROUTE,
        "evals/route.yaml": SUITE,
        "m.jsonl": "".join(json.dumps(rule) + "\n" for rule in rules),
        "datasets/c.jsonl": "".join(json.dumps(case) + "\n" for case in cases),
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    typed(root, "run")
    typed(root, "baseline", "set")
    write_log(root / "same.jsonl", traffic(500, EVEN))
    write_log(root / "moved.jsonl", traffic(500, {"billing": 0.9, "technical": 0.1}))
    return root


def signals(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["schema"] == "prompteval/monitor@1"
    return dict(found["signals"])


def test_a_run_is_a_reference(team: Path) -> None:
    """Its outputs, lengths of inputs and errors; the last line says why the exit code is what it is."""
    found = signals(typed(team, "monitor", "check", "same.jsonl", "--reference", "last", "--json"))
    assert found["predictions"]["n_reference"] == 400 and found["inputs.length"]["n_reference"] == 400
    done = typed(team, "monitor", "check", "moved.jsonl", "--reference", "last", code=1)
    assert done.stdout.splitlines()[-1] == "alert: predictions is beyond the threshold (exit 1)"
    keys = {
        "observed",
        "low",
        "high",
        "threshold",
        "n",
        "n_reference",
        "p",
        "p_adjusted",
        "verdict",
        "detail",
    }
    assert keys <= set(found["predictions"])


@pytest.mark.parametrize("name", ["week.jsonl", "logs/week", "week.jsonl.1", "week.gz", "sqlite:week.db"])
def test_a_reference_that_has_the_name_of_a_log_is_no_run(name: str, team: Path) -> None:
    """A file that is not there is said, not that no run matches."""
    done = typed(team, "monitor", "check", "same.jsonl", "--reference", name, code=2)
    assert "no such file" in done.stderr.lower() and name.removeprefix("sqlite:") in done.stderr


@pytest.mark.parametrize("name", ["v1.jsonl", "v1.gz"])
def test_a_run_that_is_named_as_a_log_is_a_run(name: str, team: Path) -> None:
    """What follows `baseline:` is the name that a team gave a run, never a file."""
    typed(team, "baseline", "set", "last", "--name", name)
    done = typed(team, "monitor", "check", "same.jsonl", "--reference", f"baseline:{name}", "--json")
    assert signals(done)["predictions"]["n_reference"] == 400


def test_a_reference_may_be_what_was_set_aside_of_a_log(team: Path) -> None:
    """Several workers write FILE.1, FILE.2, and no FILE."""
    (team / "week.jsonl.1").write_bytes((team / "moved.jsonl").read_bytes())
    done = typed(team, "monitor", "check", "same.jsonl", "--reference", "week.jsonl", code=1)
    assert "reference: week.jsonl" in done.stdout


def test_the_baseline_is_a_reference_without_inputs(team: Path) -> None:
    """Classes and labels; a signal of inputs says what to name instead."""
    path = write_config(team / "p.yaml", predictions={"field": "intent"})
    check = ("monitor", "check", "moved.jsonl", "--reference", "baseline")
    found = signals(typed(team, *check, "--config", str(path), "--json", code=1))
    assert found["predictions"]["moved"][0]["class"] == "billing"
    told = typed(team, *check, code=2).stderr
    assert "inputs cannot be compared with the baseline of route (a baseline holds no inputs" in told


def test_every_format_is_written(team: Path) -> None:
    """A page that loads nothing and runs no script, Markdown, Prometheus gauges, and the printed JSON."""
    names = ("x.json", "x.md", "x.html", "x.prom")
    outputs = [part for name in names for part in ("-o", name)]
    rows = [*traffic(300, EVEN), *traffic(300, EVEN, start=START + 86_400, seed=2)]
    write_log(team / "days.jsonl", rows)
    printed = typed(team, "monitor", "check", "days.jsonl", "--reference", "last", "--json", *outputs)
    assert json.loads((team / "x.json").read_text()) == json.loads(printed.stdout)
    page = (team / "x.html").read_text()
    assert re.search(r"</span> (no signal|too few rows)", page)  # the verdict's word is in its mark alone
    assert (
        "default-src 'none'" in page
        and "<script" not in page
        and "http" not in page.replace("http-equiv", "")
    )
    assert (
        page.count("<figure") >= 5 and page.count("<svg") == page.count("</svg>") and 'class="band"' in page
    )
    gauge = re.compile(r'prompteval_monitor_\w+(\{signal="[\w.]+"\})? -?[\d.e+-]+')
    lines = [line for line in (team / "x.prom").read_text().splitlines() if not line.startswith("#")]
    assert lines and all(gauge.fullmatch(line) for line in lines)
    assert (team / "x.md").read_text().startswith("## prompteval monitor: quiet\n")


def test_text_of_users_is_shown_as_text(team: Path) -> None:
    """A class with markup and control characters, in every format; none of it in a metric's label."""
    evil = "<script>alert(1)</script>\x1b[31m|`x`"
    rows = [*predictions(200, EVEN), *predictions(200, {evil: 1.0}, seed=2)]
    write_log(team / "evil.jsonl", rows)
    outputs = ("-o", "e.html", "-o", "e.prom", "-o", "e.md")
    done = typed(team, "monitor", "check", "evil.jsonl", "--reference", "last", *outputs, code=1)
    assert "\x1b" not in done.stdout and "<script>alert" not in (team / "e.html").read_text()
    assert "alert(1)" not in (team / "e.prom").read_text() and "<script>" not in (team / "e.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.jsonl", "--reference", "last"], "error: log none.jsonl: no such file"),
        (["same.jsonl"], "error: nothing to compare the log with (name it: --reference RUN, baseline, or an earlier log)"),
        (["same.jsonl", "--reference", "nope"], "nope"),
        (["same.jsonl", "--reference", "last", "--window", "2 weeks"], "error: --window must be a duration such as 30m, 24h or 7d, not '2 weeks'"),
        (["same.jsonl", "--reference", "last", "--window", "1h", "--last", "5"], "error: --window and --last exclude each other (remove one)"),
        (["same.jsonl", "--reference", "last", "--last", "0"], "must be a whole number from 1"),
        (["same.jsonl", "--reference", "last", "--prompt", "other"], "prompt 'other'"),
        (["same.jsonl", "--reference", "last", "-o", "x.pdf"], "error: -o x.pdf: unsupported file extension '.pdf'"),
    ],
)  # fmt: skip
def test_wrong_input_is_2_and_says_what_to_do(team: Path, arguments: list[str], message: str) -> None:
    """One line, and no traceback."""
    done = typed(team, "monitor", "check", *arguments, code=2)
    assert message in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("prompt", "log", "reference", "message"),
    [
        ("", "one.jsonl", "empty.jsonl", "error: log empty.jsonl: there is no prediction in it yet"),
        ("route_ticket", "one.jsonl", "empty.jsonl", "error: log empty.jsonl: there is no prediction in it yet"),
        ("other", "two.jsonl", "one.jsonl", "error: reference one.jsonl: no row of prompt 'other' (known: route_ticket)"),
    ],
)  # fmt: skip
def test_a_log_that_lacks_the_rows_to_compare_with_is_named(
    team: Path, prompt: str, log: str, reference: str, message: str
) -> None:
    """An empty one is said to be, whatever prompt is asked for; of another the prompt is named."""
    (team / "empty.jsonl").write_text("")
    write_log(team / "one.jsonl", predictions(9, EVEN))
    write_log(team / "two.jsonl", predictions(9, EVEN, prompt="other@v1"))
    asked = ["--prompt", prompt] if prompt else []
    done = typed(team, "monitor", "check", log, "--reference", reference, *asked, code=2)
    assert message in done.stderr


def test_too_little_is_3(team: Path) -> None:
    """Asked for, and not decided."""
    write_log(team / "few.jsonl", predictions(9, EVEN))
    done = typed(team, "monitor", "check", "few.jsonl", "--reference", "last", code=3)
    assert done.stdout.splitlines()[-1].startswith("too_few: too few rows for predictions")


def test_a_look_is_printed_at_once_into_a_pipe(team: Path) -> None:
    """Whoever reads it waits for no further look."""
    typed(team, "monitor", "init", "last", "--per-day", "2000", "-o", "piped.yaml")
    write_log(team / "piped.jsonl", traffic(500, EVEN))
    command = [*shared().command(), "monitor", "watch", "piped.jsonl", "--config", "piped.yaml"]
    with subprocess.Popen(command, cwd=team, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("look 1: 500 rows")
        process.kill()


def test_a_row_of_a_time_still_to_come_is_said_at_each_look(team: Path) -> None:
    """One machine with a wrong clock would otherwise end the watching without a word."""
    rows = traffic(500, EVEN)
    write_log(team / "ahead.jsonl", [*rows, replace(rows[-1], time=4_000_000_000.0)])
    watch = ("monitor", "watch", "ahead.jsonl", "--reference", "last", "--looks", "1")
    told = "warning: the newest row is of 2096-10-02T07:06:40.000Z, which is still to come here"
    assert told in typed(team, *watch).stderr
    write_log(team / "ahead.jsonl", [*rows, *(replace(one, time=one.time + 86_400) for one in rows)])
    again = typed(team, *watch, code=3)
    assert "look 2: no new row" in again.stdout and told in again.stderr


@pytest.mark.parametrize("window", [(), ("--window", "24h"), ("--last", "200")])
def test_a_check_with_a_row_of_a_time_still_to_come_is_not_quiet(team: Path, window: tuple[str, ...]) -> None:
    """The window ends with that row and leaves out those of now, and so do the days of a budget."""
    rows = traffic(500, EVEN)
    write_log(team / "ahead.jsonl", rows)
    typed(team, "monitor", "check", "ahead.jsonl", "--reference", "last", *window)
    write_log(team / "ahead.jsonl", [*rows, replace(rows[-1], time=4_000_000_000.0)])
    done = typed(team, "monitor", "check", "ahead.jsonl", "--reference", "last", *window, code=3)
    told = (
        "the newest row is of 2096-10-02T07:06:40.000Z, which is still to come here, and windows end with it"
    )
    assert told in done.stdout.splitlines()[-1]


def test_init_watch_and_cases_are_typed(team: Path) -> None:
    """A file from the run; a look that continues from its state; cases that a suite can read."""
    typed(team, "monitor", "init", "last", "--per-day", "2000", "-o", "m.yaml")
    assert "already exists" in typed(team, "monitor", "init", "last", "-o", "m.yaml", code=2).stderr
    watch = ("monitor", "watch", "growing.jsonl", "--config", "m.yaml", "--looks", "1")
    rows = traffic(500, EVEN)
    write_log(team / "growing.jsonl", rows)
    assert "look 1: 500 rows, quiet" in typed(team, *watch).stdout
    assert "look 2: no new row" in typed(team, *watch).stdout
    moved = traffic(500, {"billing": 1.0}, seed=3, start=START + 90_000)
    write_log(team / "growing.jsonl", [*rows, *moved])
    done = typed(team, *watch, code=1)
    assert (
        "alert start: predictions" in done.stdout and "look 3: 500 rows, alerting: predictions" in done.stdout
    )
    (team / "typo.yaml").write_text("signals: {errors: {}}\nslices: [nosuch]\n")
    typo = ("growing.jsonl", "--config", "typo.yaml")
    done = typed(team, "monitor", "watch", *typo, "--looks", "1", code=3)
    assert "note: slices: no row has a value of 'nosuch'; known: " in done.stdout
    done = typed(team, "monitor", "cases", "growing.jsonl", "-o", "datasets/new.jsonl", "--pick", "sample")
    assert done.stdout.startswith("wrote datasets/new.jsonl: ") and "without a label yet: " in done.stdout
    again = typed(team, "monitor", "cases", "growing.jsonl", "-o", "datasets/new.jsonl", code=2)
    assert "already exists" in again.stderr
    none = typed(
        team, "monitor", "cases", "growing.jsonl", "-o", "datasets/none.jsonl", "--pick", "labelled", code=5
    )
    assert "no row of growing.jsonl is new and picked by labelled" in none.stderr

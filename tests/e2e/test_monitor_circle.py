"""The whole circle: what was evaluated is served, its traffic drifts, and cases from the log lead to the next version."""

import json
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.prediction import Prediction
from prompteval.testing.server import FakeServer, Reply
from tests.forks import Done, shared
from tests.serve.conftest import KEY, ROUTE, Service, start

# What version 1 does not know: a charge that customers began to call a reversal.
REPLIES = [
    Reply("reversal.*include reversals", output={"team": "payments"}),
    Reply("invoice", output={"team": "payments"}),
    Reply("", output={"team": "support"}),
]
SECOND = ROUTE.replace('user("{{ message }}")', 'user("{{ message }} (payments include reversals)")')
SUITE = (
    "prompt: route\ncases: {cases}\nmodels: [m]\nscorers: [{{exact: {{field: team}}}}]\nmetrics: [accuracy]\n"
)
CONFIG = {
    "signals": {"predictions": {"field": "team", "shift": 0.15}, "errors": {"rate": 0.01}},
    "watch": {"every_s": 60, "clear_after": 1, "false_alarm_days": 1},
}
REQUESTS = 150


class Team:
    """A workspace with `route`, and what its team types."""

    def __init__(self, root: Path, server: FakeServer) -> None:
        self.root = root
        self.write("prompteval.toml", f'default_model = "m"\n[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\n'
                   'api_key_env = "FAKE_KEY"\n')  # fmt: skip
        self.write("prompts/route/v1.py", ROUTE)
        self.write("datasets/golden.jsonl", cases({"g1": "my invoice", "g2": "it does not start"}))
        self.write(
            "evals/route.yaml", SUITE.format(cases="../datasets/golden.jsonl") + "gate: [accuracy >= 0.9]\n"
        )
        self.write("monitor.yaml", json.dumps(CONFIG))

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def types(self, *arguments: str, code: int = 0) -> Done:
        done = shared().run(self.root, *arguments, env={"FAKE_KEY": KEY})
        assert done.code == code, done.stdout + done.stderr
        return done


def team_of(message: str) -> str:
    """What people say of a message."""
    return "payments" if "invoice" in message or "reversal" in message else "support"


def cases(messages: dict[str, str]) -> str:
    rows = (
        {"id": i, "inputs": {"message": m}, "expected": {"team": team_of(m)}} for i, m in messages.items()
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def traffic(service: Service, word: str, seed: int) -> None:
    """Requests of which half are about payments, by the word that customers use; all of them in the log."""
    rng = random.Random(seed)
    before = len(service.lines())
    for number in range(REQUESTS):
        about = word if rng.random() < 0.5 else "problem"
        assert (
            service.ask(f"{about} {seed}-{number} of jo.doe@example.org", prompt="route@production").status
            == 200
        )
    until = time.monotonic() + 20
    while len(service.lines()) < before + REQUESTS:
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.slow
def test_from_the_gate_to_production_and_back(tmp_path: Path) -> None:
    """Drift is shown and named; cases from the log make version 1 fail and version 2 pass; then the alert ends."""
    with FakeServer(REPLIES) as server:
        team = Team(tmp_path, server)
        team.types("run")
        team.types("lock")
        team.types("lock", "alias", "set", "production", "route@v1")
        service = start(tmp_path, "route@production", "--log", "log.jsonl", "--log-inputs", "full")
        try:
            traffic(service, "invoice", 1)
            (tmp_path / "reference.jsonl").write_bytes((tmp_path / "log.jsonl").read_bytes())
            check = [
                "monitor",
                "check",
                "log.jsonl",
                "--reference",
                "reference.jsonl",
                "--last",
                str(REQUESTS),
            ]
            watch = ["monitor", "watch", "log.jsonl", "--reference", "reference.jsonl", "--looks", "1"]
            team.types(*check)
            team.types(*watch)

            traffic(service, "reversal", 2)
            alert = team.types(*check, code=1)
            assert "alert: predictions is beyond the threshold" in alert.stdout and "payments" in alert.stdout
            assert "alert start: predictions" in team.types(*watch, code=1).stdout

            grow(team, service)
            team.types("run", "--prompt", "route@v1", "--no-cache", code=1)
            team.write("prompts/route/v2.py", SECOND)
            team.types("lock")
            team.types("run", "--prompt", "route@v2")

            team.types("lock", "alias", "set", "production", "route@v2")
            service.process.send_signal(signal.SIGHUP)
            until = time.monotonic() + 30
            while service.ask("reversal", prompt="route@production").json["prompt"] != "route@v2":
                assert time.monotonic() < until
                time.sleep(0.1)
            traffic(service, "reversal", 3)
            assert "quiet" in team.types(*check).stdout
            ended = team.types(*watch)
            assert "alert end: predictions" in ended.stdout and "quiet" in ended.stdout
        finally:
            service.stop(signal.SIGKILL)


def grow(team: Team, service: Service) -> None:
    """Rows of the class that rose, labelled by people, become cases of the suite; nothing personal is in them."""
    rows = [row for row in service.lines() if isinstance(row, Prediction)]
    labels: list[dict[str, Any]] = [
        {"request_id": row.request_id, "label": team_of(str((row.inputs or {})["message"]))} for row in rows
    ]
    team.write("labels.jsonl", "".join(json.dumps(label) + "\n" for label in labels))
    arguments = ["monitor", "cases", "log.jsonl", "-o", "datasets/grown.jsonl", "--labels", "labels.jsonl"]
    arguments += [
        "--reference",
        "reference.jsonl",
        "--last",
        str(REQUESTS),
        "--pick",
        "wrong",
        "--pick",
        "drifted",
    ]
    done = team.types(*arguments, "--against", "datasets/golden.jsonl", "--limit", "30")
    text = (team.root / "datasets/grown.jsonl").read_text()
    assert "masked: " in done.stdout and "jo.doe" not in text and text.count("\n") == 60
    both = "[../datasets/golden.jsonl, ../datasets/grown.jsonl]"
    team.write("evals/route.yaml", SUITE.format(cases=both) + "gate: [accuracy >= 0.9]\n")

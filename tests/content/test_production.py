"""The files of docs/production.md: each names options, metrics, paths and ports that the program has."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
import typer
import yaml

from prompteval.cli.app import app
from prompteval.core.prediction import Feedback, Prediction, record_line
from prompteval.serve.metrics import Metrics

ROOT = Path(__file__).parents[2]
FILES = ROOT / "examples/production"
PAGE = (ROOT / "docs/production.md").read_text()


def _options() -> set[str]:
    group: Any = typer.main.get_command(app)
    command: click.Command = group.commands["serve"]
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("name", ["Dockerfile", "prompts.service"])
def test_the_command_has_options_that_serve_has(name: str) -> None:
    """A renamed option is noticed."""
    text = (FILES / name).read_text().replace("\\\n", " ")
    if name == "Dockerfile":
        lines = re.findall(r"^(?:ENTRYPOINT|CMD) (\[.*\])", text, re.MULTILINE)
        words = [word for line in lines for word in json.loads(line)]
    else:
        words = shlex.split(re.findall(r"^ExecStart=(.*)", text, re.MULTILINE)[0])
    named = {word for word in words if word.startswith("--")}
    assert "serve" in words and "--log" in named and named <= _options()


def _known_metrics() -> set[str]:
    text = Metrics().text().decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)", text, re.MULTILINE))
    found = set()
    for name, kind in kinds.items():
        found |= {name} if kind != "histogram" else {f"{name}_{end}" for end in ("bucket", "sum", "count")}
    return found


@pytest.mark.parametrize("name", ["dashboard.json", "alerts.yml"])
def test_expressions_read_metrics_that_are_there(name: str) -> None:
    """Each of them, by its name."""
    text = (FILES / name).read_text()
    named = set(re.findall(r"\b(?:prompteval|http_server|gen_ai)_\w+", text))
    labels = {"http_route", "http_response_status_code", "gen_ai_request_model", "gen_ai_token_type"}
    assert len(named) > 4 and named - labels <= _known_metrics()


def test_a_dashboard_has_no_panel_twice_and_an_expression_in_each() -> None:
    """As Grafana reads it."""
    panels = json.loads((FILES / "dashboard.json").read_text())["panels"]
    assert len({one["id"] for one in panels}) == len(panels) == len({one["title"] for one in panels})
    assert all(target["expr"] for one in panels for target in one["targets"])


def test_compose_starts_what_the_page_says() -> None:
    """Read-only, without capabilities, and with files that are there."""
    found = yaml.safe_load((FILES / "compose.yaml").read_text())
    service = found["services"]["prompts"]
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    for one in found["services"].values():
        mounts = [mount.split(":")[0] for mount in one.get("volumes", []) if mount.startswith("./")]
        assert all((FILES / mount).is_file() for mount in mounts)
    targets = yaml.safe_load((FILES / "prometheus.yml").read_text())["scrape_configs"][0]["static_configs"]
    assert targets == [{"targets": ["prompts:8000"]}]
    assert "USER 10001" in (FILES / "Dockerfile").read_text()


def test_the_image_is_small_pinned_and_not_root() -> None:
    """As linters of container files ask: versions, no ADD, exec form, a check of health, the user last."""
    text = (FILES / "Dockerfile").read_text().replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and line[0] not in "# "]
    names = [name for name, _ in steps]
    bases = [what.split()[0] for name, what in steps if name == "FROM"]
    assert all(re.search(r":\d+\.\d+", base) for base in bases) and len(bases) == 2
    assert "ADD" not in names and {"HEALTHCHECK", "STOPSIGNAL", "EXPOSE"} <= set(names)
    assert [what for name, what in steps if name == "USER"] == ["10001"]
    assert {"RUN", "COPY", "ADD"} & set(names[names.index("USER") :]) == set()
    assert all(what.lstrip().startswith("[") for name, what in steps if name in ("ENTRYPOINT", "CMD"))
    assert all("--no-cache-dir" in what for name, what in steps if name == "RUN" and "pip install" in what)
    assert "/healthz" in text and "sudo" not in text


def test_compose_is_reached_from_this_machine_only_and_waits_for_what_runs() -> None:
    """Ports at loopback, images with versions, a grace longer than the deadline of a call."""
    found = yaml.safe_load((FILES / "compose.yaml").read_text())["services"]
    ports = [port for one in found.values() for port in one.get("ports", [])]
    assert len(ports) == 3 and all(port.startswith("127.0.0.1:") for port in ports)
    assert all(re.search(r":v?\d+\.\d+", one["image"]) for one in found.values() if "image" in one)
    prompts = found["prompts"]
    assert "no-new-privileges:true" in prompts["security_opt"] and "privileged" not in prompts
    grace = int(re.fullmatch(r"(\d+)s", prompts["stop_grace_period"])[1])  # type: ignore[index]
    assert grace > _default("timeout")
    assert {mount.split(":")[0] for mount in prompts["tmpfs"]} == {"/workspace/.prompteval", "/tmp"}


def _default(name: str) -> float:
    group: Any = typer.main.get_command(app)
    found = [one.default for one in group.commands["serve"].params if one.name == name]
    return float(found[0])


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Its own verifier finds nothing, but for a program that is not installed here."""
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        pytest.skip("systemd-analyze is not installed")
    text = (FILES / "prompts.service").read_text()
    unit = tmp_path / "prompts.service"
    unit.write_text(text.replace("/opt/prompts/bin/prompteval", "/bin/true"))
    done = subprocess.run([verifier, "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    timeout = int(re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)[0])
    assert timeout > _default("timeout")


def test_the_script_of_the_page_pairs_a_shadow_by_its_trace(tmp_path: Path) -> None:
    """Two aliases answer one request each; their outputs files have the same ids."""
    script = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    one = Prediction(1.8e9, "r", "p@v1", "f", "m", "ok", 1.0, output="a")
    lines = [
        replace(one, alias=alias, trace_id=f"{number:032x}", output=f"{alias} {number}")
        for number in range(3)
        for alias in ("production", "staging")
    ]
    lines += [
        replace(one, alias="staging"),
        replace(one, alias="staging", trace_id="f" * 32, outcome="error"),
    ]
    text = "".join(record_line(line) + "\n" for line in [*lines, Feedback("r", score=1.0)])
    (tmp_path / "predictions.jsonl").write_text(text)
    ids = []
    for alias in ("production", "staging"):
        subprocess.run([sys.executable, "-c", script, alias, f"{alias}.jsonl"], cwd=tmp_path, check=True)
        rows = [json.loads(line) for line in (tmp_path / f"{alias}.jsonl").read_text().splitlines()]
        assert all(row["output"].startswith(alias) and row["latency_ms"] == 1.0 for row in rows)
        ids.append([row["id"] for row in rows])
    assert ids[0] == ids[1] and len(ids[0]) == 3


def test_the_page_names_every_file_and_option() -> None:
    """And no option that serve does not have."""
    for file in (
        "Dockerfile",
        "compose.yaml",
        "dashboard.json",
        "alerts.yml",
        "prompts.service",
        "nginx.conf",
    ):
        assert f"examples/production/{file}" in PAGE
    named = set(re.findall(r"`(--[a-z-]+)", PAGE))
    assert named <= _options() and {"--filter", "--keep", "--log-inputs", "--max-body"} <= named

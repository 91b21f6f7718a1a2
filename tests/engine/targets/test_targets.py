"""Targets that are no prompt: recorded outputs, functions, endpoints."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from prompteval.core.case import Case
from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.observation import Observation
from prompteval.engine.targets.function import FunctionTarget
from prompteval.engine.targets.open import OpenTarget, open_target
from prompteval.plan.function import FunctionPlan, plan_function
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.endpoint import plan_endpoint
from prompteval.plan.targets.outputs import plan_outputs
from prompteval.workspace.endpoint_section import EndpointSection
from prompteval.workspace.settings import Settings, Workspace
from prompteval.workspace.tree import WorkingTree


def workspace_at(root: Path, *, env: tuple[str, ...] = ()) -> Workspace:
    return Workspace(root, Settings(env=env), root / "prompteval.toml")


NOWHERE = workspace_at(Path("/nowhere"))


def ask(plan: TargetPlan, *cases: Case) -> list[Observation]:
    async def all_of(target: OpenTarget) -> list[Observation]:
        try:
            return [await target(case, 0) for case in cases]
        finally:
            await target.aclose()

    return asyncio.run(all_of(open_target(plan, plan.own_model or "", None)))


def recorded(root: Path, *lines: object) -> None:
    (root / "o.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_recorded_outputs_join_by_case_id(tmp_path: Path) -> None:
    """The order of the file does not matter, and what was measured comes along."""
    recorded(
        tmp_path,
        {"id": "b", "output": {"x": 1}, "model": "m", "confidence": 0.5, "logprob": [-1, -2]},
        {"id": "a", "output": "yes", "model": "m", "latency_ms": 12, "usage": {"prompt_tokens": 3}},
    )
    plan = plan_outputs(WorkingTree(tmp_path), "o.jsonl")
    a, b = ask(plan, Case("a", {}), Case("b", {}))
    assert (a.output, a.latency_ms, a.calls[0].usage.prompt_tokens) == ("yes", 12, 3)  # type: ignore[union-attr]
    assert (b.output, b.confidence, b.logprobs) == ({"x": 1}, 0.5, (-1, -2))
    assert (plan.own_model, a.calls[0].served_by, a.calls[0].attempts) == ("m", "replay", 0)


def test_a_case_without_a_recorded_output_is_an_error(tmp_path: Path) -> None:
    """It is no empty answer and it is not left out."""
    recorded(tmp_path, {"id": "a", "output": "yes"})
    (missing,) = ask(plan_outputs(WorkingTree(tmp_path), "o.jsonl"), Case("z", {}))
    assert missing.outcome == "error"
    assert missing.failure is not None and "no output for case 'z'" in missing.failure.message


def test_every_bad_line_of_recorded_outputs_is_named(tmp_path: Path) -> None:
    """Unknown keys, doubled ids and wrong numbers each at their line."""
    recorded(
        tmp_path, {"id": "a", "output": "x"}, {"id": "a", "output": "y"}, {"id": "b", "outptu": 1},
        {"id": "c", "output": 1, "confidence": 7}, {"id": "d"},
    )  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        plan_outputs(WorkingTree(tmp_path), "o.jsonl")
    told = [str(problem) for problem in caught.value.problems]
    assert [text.split()[0] for text in told] == [f"o.jsonl:{line}:1" for line in (2, 3, 4, 5)]
    assert "did you mean 'output'" in told[1] and "confidence must be a number from 0 to 1, not 7" in told[2]


APP = """
from pydantic import BaseModel

class Answer(BaseModel):
    team: str

def reply(message):
    return Answer(team=message.upper())

async def later(message):
    return {"text": message}

def broken(message):
    raise RuntimeError("no database")

def whole(inputs):
    return inputs[::-1]
"""


@pytest.mark.parametrize(
    ("name", "inputs", "output"),
    [
        ("reply", {"message": "a"}, {"team": "A"}),
        ("later", {"message": "a"}, {"text": "a"}),
        ("whole", "abc", "cba"),
    ],
)
def test_a_function_is_called_with_the_inputs(
    tmp_path: Path, name: str, inputs: object, output: object
) -> None:
    """Plain or async; text, JSON values or a pydantic model come back as JSON values."""
    module = f"app_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{module}.py").write_text(APP)
    (seen,) = ask(plan_function(workspace_at(tmp_path), f"{module}:{name}"), Case("a", inputs))
    assert (seen.outcome, seen.output) == ("ok", output)


def test_what_a_function_raises_is_the_error_of_the_case(tmp_path: Path) -> None:
    """The run continues; type and message are kept, and no bytecode is left behind."""
    (tmp_path / "app_broken.py").write_text(APP)
    (seen,) = ask(plan_function(workspace_at(tmp_path), "app_broken:broken"), Case("a", {"message": "x"}))
    assert seen.outcome == "error" and seen.failure is not None
    assert seen.failure.message == "app_broken:broken: RuntimeError: no database"
    assert not (tmp_path / "__pycache__").exists()


RESULTS = """
from datetime import date
from itertools import count
from prompteval import Result

DEEP = []
for _ in range(3000):
    DEEP = [DEEP]
VALUES = {"nan": float("nan"), "date": date(2024, 1, 1), "endless": count(), "deep": DEEP, "plain": {"b": None}, "pair": (1, 2)}

def call(kind):
    return Result(output="x", tool_calls=[{"name": "f", "arguments": {"a": VALUES[kind]}}])

def say(kind):
    return Result(output="x", turns=[Result(output=VALUES[kind], messages=[{"content": VALUES[kind]}])])
"""


@pytest.mark.parametrize("entry", ["call", "say"])
def test_values_of_a_result_are_json_or_the_error_of_the_case(entry: str, tmp_path: Path) -> None:
    """What could not be stored, compared or printed ends that case alone; null stays, a date is its text."""
    (tmp_path / "app.py").write_text(RESULTS)
    cases = [Case(kind, {"kind": kind}) for kind in ("nan", "endless", "deep", "date", "plain", "pair")]
    *wrong, day, plain, pair = ask(plan_function(workspace_at(tmp_path), f"app:{entry}"), *cases)
    assert [seen.failure and seen.failure.type for seen in wrong] == ["callable"] * 3
    assert all("not JSON" in seen.failure.message for seen in wrong[:2] if seen.failure is not None)
    for seen, value in ((day, "2024-01-01"), (plain, {"b": None}), (pair, [1, 2])):
        assert seen.outcome == "ok" and seen.trace is not None
        calls, turns = seen.trace.tool_calls or (), seen.trace.turns or ()
        assert [call.arguments["a"] for call in calls] + [turn.output for turn in turns] == [value]


@pytest.mark.parametrize("entry", ["nothing", "os:", "no_such_module:f", "json:no_such_function"])
def test_a_function_that_is_not_there_is_named(tmp_path: Path, entry: str) -> None:
    """The message carries the entry, and nothing is run."""
    with pytest.raises(UsageError, match=entry):
        plan_function(workspace_at(tmp_path), entry)


class Application(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        inputs = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status = int(inputs.get("status", 200))
        body = json.dumps({"reply": {"text": inputs["q"], "key": self.headers["x-key"]}}).encode()
        self.send_response(status)
        if status == 307:
            self.send_header("location", "/elsewhere")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def application() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Application)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/answer"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_endpoint_gets_the_inputs_and_a_secret_header(
    application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header's value comes from the environment and is not part of the plan."""
    monkeypatch.setenv("APP_KEY", "s3cret")
    plan = plan_endpoint(
        EndpointSection(url=application, headers_env={"x-key": "APP_KEY"}, output="reply"),
        workspace_at(Path("/nowhere"), env=("APP_KEY",)),
    )
    (seen,) = ask(plan, Case("a", {"q": "hi"}))
    assert seen.output == {"text": "hi", "key": "s3cret"}
    assert "s3cret" not in repr(plan)


@pytest.mark.parametrize(("status", "told"), [(500, "HTTP 500"), (307, "HTTP 307")])
def test_an_endpoint_that_fails_or_redirects_is_an_error(application: str, status: int, told: str) -> None:
    """A redirect is not followed: headers must not travel to another place."""
    (seen,) = ask(
        plan_endpoint(EndpointSection(url=application), NOWHERE), Case("a", {"q": "hi", "status": status})
    )
    assert seen.outcome == "error" and seen.failure is not None and seen.failure.message == told


def test_an_endpoint_reads_no_variable_that_the_settings_do_not_list() -> None:
    """With what to add to which file."""
    section = EndpointSection(url="http://x", headers_env={"a": "PATH"})
    with pytest.raises(UsageError, match=r'reads PATH, which env .*add env = \["PATH"\] to prompteval.toml'):
        plan_endpoint(section, NOWHERE)


def test_plain_functions_wait_side_by_side() -> None:
    """As many as cases run at a time, however few processors there are."""

    def slow(x: int) -> str:
        time.sleep(0.5)
        return str(x)

    async def all_of() -> float:
        target = FunctionTarget(FunctionPlan("m:slow", "", slow))
        began = time.perf_counter()
        found = await asyncio.gather(*(target(Case(str(n), {"x": n}), 0) for n in range(60)))
        await target.aclose()
        assert [seen.output for seen in found] == [str(n) for n in range(60)]
        return time.perf_counter() - began

    assert asyncio.run(all_of()) < 3  # six at a time, as two processors have threads by default, take 5 s


RAISING = """
import asyncio

class Mute(Exception):
    def __str__(self):
        raise RuntimeError

def plain(question):
    raise {0}

async def other(question):
    raise {0}

def wrapped(question):
    return other(question)
"""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("BaseException('x')", "BaseException: x"),
        ("asyncio.CancelledError", "CancelledError"),
        ("SystemExit(3)", "SystemExit: 3"),
        ("GeneratorExit", "GeneratorExit"),
        ("Mute", "Mute: its message cannot be read"),
    ],
)
@pytest.mark.parametrize("name", ["plain", "other", "wrapped"])
def test_whatever_a_callable_raises_is_the_error_of_its_case(
    tmp_path: Path, error: str, told: str, name: str
) -> None:
    """Also what is no Exception, and what cannot say what it is: its own cancellation is not that of the run."""
    (tmp_path / "app.py").write_text(RAISING.format(error), encoding="utf-8")
    (seen,) = ask(plan_function(workspace_at(tmp_path), f"app:{name}"), Case("a", {"question": "?"}))
    assert seen.failure is not None and seen.failure.message == f"app:{name}: {told}"


def test_a_coroutine_that_cancels_its_own_task_ends_its_case_alone(tmp_path: Path) -> None:
    """The case is an error, and no row is lost."""
    body = (
        "import asyncio\nasync def f(q):\n    asyncio.current_task().cancel()\n    await asyncio.sleep(9)\n"
    )
    (tmp_path / "app_cancels.py").write_text(body)
    plan = plan_function(workspace_at(tmp_path), "app_cancels:f")
    seen = ask(plan, Case("a", {"q": 1}), Case("b", {"q": 1}))
    assert [one.failure and one.failure.message for one in seen] == ["app_cancels:f: CancelledError"] * 2


def test_a_data_class_is_a_result_where_the_suite_says_so(tmp_path: Path) -> None:
    """Fields are its keys; what is no object at all is said without an empty place."""
    (tmp_path / "app_data.py").write_text(DATA)
    plan = replace(plan_function(workspace_at(tmp_path), "app_data:reply"), result=True)
    good, bad = ask(plan, Case("a", {"q": "x"}), Case("b", {"q": ""}))
    assert (good.output, good.trace and good.trace.retrieved and good.trace.retrieved[0].doc) == ("x", "a.md")
    assert bad.failure is not None
    assert (
        bad.failure.message == "app_data:reply: what it returned is not a result: must be an object, not 'x'"
    )


DATA = """
from dataclasses import dataclass

@dataclass
class Found:
    output: str
    retrieved: list

def reply(q):
    return Found(q, [{"doc": "a.md"}]) if q else "x"
"""


HANGING = """
import asyncio, time

def plain(q):
    time.sleep(9)

async def other(q):
    await asyncio.sleep(9)

def own(q):
    raise TimeoutError("the search did not answer")
"""


@pytest.mark.parametrize("name", ["plain", "other"])
def test_a_function_that_hangs_ends_its_case(tmp_path: Path, name: str) -> None:
    """After `timeout_s` of the suite; the thread is left behind."""
    (tmp_path / "app_hangs.py").write_text(HANGING)
    plan = replace(plan_function(workspace_at(tmp_path), f"app_hangs:{name}"), timeout_s=0.1)
    began = time.perf_counter()
    (seen,) = ask(plan, Case("a", {"q": 1}))
    assert time.perf_counter() - began < 5 and seen.failure is not None
    told = f"app_hangs:{name}: no answer within 0.1 s; `timeout_s` in the suite allows more"
    assert (seen.failure.type, seen.failure.message) == ("timeout", told)


def test_a_timeout_of_the_functions_own_is_its_error(tmp_path: Path) -> None:
    """And not the suite's limit."""
    (tmp_path / "app_hangs.py").write_text(HANGING)
    (seen,) = ask(plan_function(workspace_at(tmp_path), "app_hangs:own"), Case("a", {"q": 1}))
    assert seen.failure is not None
    assert (seen.failure.type, seen.failure.message) == (
        "callable",
        "app_hangs:own: TimeoutError: the search did not answer",
    )


def test_what_a_function_does_to_its_inputs_stays_with_it() -> None:
    """The next repeat, another model and the stored case have the inputs that the file has."""
    case = Case("a", {"items": [1, 2, 3]})
    seen = ask(
        FunctionPlan("m:takes_all", "", lambda items: len([items.pop() for _ in list(items)])), case, case
    )
    assert [one.output for one in seen] == [3, 3]
    assert case.inputs == {"items": [1, 2, 3]}

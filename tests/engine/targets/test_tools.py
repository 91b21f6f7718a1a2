"""A prompt whose tools are called by fakes, whole runs with a scripted model."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel

from prompteval.core.case import Case
from prompteval.core.errors import InvalidInput
from prompteval.core.observation import Observation, Row
from prompteval.core.request import Request, Response
from prompteval.core.tools import RequestedCall
from prompteval.engine.targets.tools import ToolTarget
from prompteval.plan.fakes import Fakes
from prompteval.prompt.messages import user
from prompteval.prompt.prompt import Prompt
from prompteval.report.one_case.terminal import render_case
from prompteval.report.one_case.view import case_view
from prompteval.report.page.run import render
from tests.small_workspace import Place, place

__all__ = ["place"]

PROMPT = '''
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

def get_order(order_id: str) -> dict:
    """Look an order up."""

def refund(order_id: str, amount: float, reason: Literal["late", "broken"] = "late") -> str:
    """Refund an order."""

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")], tools=[get_order, refund])
'''
FAKES = """
import asyncio
import threading

def get_order(order_id):
    if order_id == "gone":
        raise LookupError("no such order")
    return {"order_id": order_id, "total": 12.5, "thread": threading.current_thread() is not threading.main_thread()}

async def refund(order_id, amount, reason):
    await asyncio.sleep(0)
    return f"refunded {amount:g} of {order_id}: {reason}"
"""
SUITE = """prompt: help
cases: [{id: c1, inputs: {message: go}}]
models: [scripted/m.jsonl]
scorers: [{contains: {value: done}}]
metrics: [accuracy]
"""
LOOK = {"name": "get_order", "arguments": {"order_id": "A1"}}
PAY = {"name": "refund", "arguments": {"order_id": "A1", "amount": 12.5}}


def prepare(place: Place, *rules: dict[str, Any], tools: str = "{module: evals.fakes}", **more: str) -> Place:
    place.write("prompts/help/v1.py", more.get("prompt", PROMPT))
    place.write("evals/fakes.py", more.get("fakes", FAKES))
    place.write("evals/s.yaml", SUITE + (f"tools: {tools}\n" if tools else ""))
    place.write("m.jsonl", "".join(json.dumps({"when": "", **rule}) + "\n" for rule in rules))
    return place


def row(place: Place, **options: Any) -> Row:
    (found,) = place.run(**options).rows()
    return found


def test_tools_are_called_until_the_model_answers(place: Place) -> None:
    """Each reply with calls is answered by the fakes, and the answer behind them is the output."""
    seen = row(prepare(place, {"tool_calls": [[LOOK], [PAY]], "text": "done"})).observation
    assert (seen.outcome, seen.output) == ("ok", "done")
    assert seen.trace is not None and seen.trace.tool_calls is not None and seen.trace.messages is not None
    assert [(call.name, call.step) for call in seen.trace.tool_calls] == [("get_order", 0), ("refund", 1)]
    assert seen.trace.tool_calls[0].result == {"order_id": "A1", "total": 12.5, "thread": True}
    assert seen.trace.tool_calls[1].result == "refunded 12.5 of A1: late"
    roles = [message["role"] for message in seen.trace.messages]
    assert roles == ["user", "assistant", "tool", "assistant", "tool", "assistant"]
    assert len(seen.calls) == 3


def test_calls_of_one_reply_are_answered_in_order(place: Place) -> None:
    """Calls side by side are one step, and each answer stands behind the call it belongs to."""
    seen = row(prepare(place, {"tool_calls": [LOOK, PAY], "text": "done"})).observation
    assert seen.trace is not None and seen.trace.tool_calls is not None and seen.trace.messages is not None
    assert [call.step for call in seen.trace.tool_calls] == [0, 0]
    asked, first, second = seen.trace.messages[1:4]
    assert [call["id"] for call in asked["tool_calls"]] == ["call00001", "call00002"]
    assert [first["tool_call_id"], second["tool_call_id"]] == ["call00001", "call00002"]
    assert second["content"] == "refunded 12.5 of A1: late"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ({"name": "get_order", "arguments": {"order_id": "gone"}}, "LookupError: no such order"),
        ({"name": "get_order", "arguments": {}}, "order_id: Field required"),
        ({"name": "refund", "arguments": '{"order_id"'}, "the arguments of refund are not a JSON object"),
        ({"name": "refnd", "arguments": {}}, "unknown tool 'refnd' (did you mean 'refund'?)"),
    ],
)
def test_what_goes_wrong_with_a_call_is_a_result_that_the_model_sees(
    place: Place, call: dict[str, Any], error: str
) -> None:
    """An exception of a fake, arguments that do not fit and unknown tools end no case."""
    seen = row(prepare(place, {"tool_calls": [call], "text": "done"})).observation
    assert seen.trace is not None and seen.trace.tool_calls is not None and seen.trace.messages is not None
    assert seen.outcome == "ok"
    assert seen.trace.tool_calls[0].result == {"error": error}
    assert json.loads(seen.trace.messages[2]["content"]) == {"error": error}


@pytest.mark.parametrize("body", [
    "return object()", "return float('nan')", "raise SystemExit(0)", "raise KeyboardInterrupt", "raise BaseException('x')",
    "import asyncio; raise asyncio.CancelledError", "raise GeneratorExit",
])  # fmt: skip
def test_a_fake_that_gives_no_json_or_ends_the_process_is_an_error_too(place: Place, body: str) -> None:
    """Nothing that a fake does ends the run."""
    fakes = FAKES.replace('if order_id == "gone":', body)
    fakes = fakes.replace('        raise LookupError("no such order")\n', "")
    seen = row(prepare(place, {"tool_calls": [LOOK], "text": "done"}, fakes=fakes)).observation
    assert seen.trace is not None and seen.trace.tool_calls is not None
    assert (seen.outcome, [*seen.trace.tool_calls[0].result]) == ("ok", ["error"])


def test_a_model_that_never_stops_is_truncated(place: Place) -> None:
    """`max_steps` replies with calls are answered; the next one ends the case, and its calls are kept."""
    made = prepare(place, {"tool_calls": [[LOOK]] * 9}, tools="{module: evals.fakes, max_steps: 2}")
    seen = row(made).observation
    assert seen.failure is not None and seen.trace is not None and seen.trace.tool_calls is not None
    assert (seen.outcome, seen.failure.type) == ("truncated", "max_steps")
    assert seen.failure.message == "the model still calls tools after 2 steps; raise max_steps"
    assert [call.step for call in seen.trace.tool_calls] == [0, 1, 2]
    assert [call.result is None for call in seen.trace.tool_calls] == [False, False, True]
    assert len(seen.calls) == 3


def test_a_case_is_shown_with_its_calls(place: Place) -> None:
    """`show --case` and the page have each call with its step and result, and what was expected."""
    expected = "tool_calls: [{name: refund, arguments: {order_id: A1, amount: 12.5}}]"
    prepare(place, {"tool_calls": [[LOOK], [PAY, {"name": "refund", "arguments": "{"}]], "text": "done"})
    place.write(
        "evals/s.yaml", (place.root / "evals/s.yaml").read_text().replace("go}}", f"go}}, {expected}}}")
    )
    view = place.run()
    (found,) = view.rows()
    shown = "".join(render_case(case_view(found)))
    assert '  call  refund(order_id="A1", amount=12.5)\n' in shown
    assert '  step 1  get_order(order_id="A1") → {"order_id": "A1", "total": 12.5' in shown
    assert '  step 2  refund(order_id="A1", amount=12.5) → "refunded 12.5 of A1: late"\n' in shown
    assert "step 2  refund({)  not JSON → " in shown
    assert '"name":"tool calls"' in "".join(render(view))


def test_without_fakes_the_first_reply_is_scored(place: Place) -> None:
    """A reply with calls is ok where the prompt has tools; its output is null, its calls are kept."""
    bad = {"name": "refund", "arguments": "{"}
    seen = row(prepare(place, {"tool_calls": [LOOK, bad], "text": "done"}, tools="")).observation
    assert (seen.outcome, seen.output, len(seen.calls)) == ("ok", None, 1)
    assert seen.trace is not None and seen.trace.tool_calls is not None
    first, second = seen.trace.tool_calls
    assert (first.arguments, first.step, first.result) == ({"order_id": "A1"}, 0, None)
    assert (second.arguments, second.unread) == ({}, "{")


def test_a_prompt_without_tools_has_no_reply_with_only_calls(place: Place) -> None:
    """Where nothing was offered, a reply with calls alone is the error that it always was."""
    plain = PROMPT.replace(", tools=[get_order, refund]", "")
    seen = row(prepare(place, {"tool_calls": [LOOK]}, tools="", prompt=plain)).observation
    assert seen.failure is not None
    assert (seen.outcome, seen.failure.type, seen.trace) == ("error", "tool_calls_only", None)


def test_a_case_without_calls_says_that_it_made_none(place: Place) -> None:
    """No call is known apart from calls that nobody recorded."""
    seen = row(prepare(place, {"text": "done"})).observation
    assert seen.trace is not None
    assert seen.trace.tool_calls == ()


@pytest.mark.parametrize(
    ("tools", "fakes", "message"),
    [
        ("{module: evals.nope}", FAKES, "evals/nope.py does not exist in the workspace"),
        ("{module: evals.fakes}", FAKES.replace("def refund", "def pay"), "has no function 'refund'"),
        ("{module: evals.fakes}", FAKES.replace("amount, reason", "amount"), "does not take the arguments"),
        ("{module: evals.fakes, steps: 3}", FAKES, "unknown key 'steps'"),
        ("{module: evals.fakes, max_steps: 0}", FAKES, "max_steps must be a whole number from 1 to 1,000"),
    ],
)
def test_what_is_wrong_with_fakes_is_found_first(place: Place, tools: str, fakes: str, message: str) -> None:
    """A missing module or function and other arguments are problems of the suite, at its `tools:`."""
    with pytest.raises(InvalidInput) as caught:
        prepare(place, {"text": "done"}, tools=tools, fakes=fakes).run()
    (problem,) = caught.value.problems
    assert (problem.path, problem.line, problem.code) == ("evals/s.yaml", 6, "PE278")
    assert message in problem.message


def test_fakes_without_tools_and_without_a_prompt_are_refused(place: Place) -> None:
    """The key means something only where a prompt declares tools."""
    plain = PROMPT.replace(", tools=[get_order, refund]", "")
    with pytest.raises(InvalidInput, match="help@v1 has no tools, and tools: names functions for them"):
        prepare(place, {"text": "done"}, prompt=plain).run()
    place.write(
        "evals/s.yaml", SUITE.replace("prompt: help", "outputs: o.jsonl") + "tools: {module: evals.fakes}\n"
    )
    with pytest.raises(InvalidInput, match="tools belongs to a suite with prompt"):
        place.run()


def test_fakes_get_values_of_the_tools_types_and_the_answer_is_parsed(place: Place) -> None:
    """Dates, enums and models inside; a typed output is that of the last reply."""
    prompt = PROMPT.replace(
        "def get_order(order_id: str)",
        "class Out(BaseModel):\n    ok: bool\n\ndef get_order(order_id: __import__('datetime').date)",
    )
    fakes = FAKES.replace('if order_id == "gone":', "if True:\n        return str(order_id.year + 1)")
    look = {"name": "get_order", "arguments": {"order_id": "2026-02-03"}}
    made = prepare(
        place,
        {"tool_calls": [look], "output": {"ok": True}},
        prompt=prompt.replace("output=str", "output=Out"),
        fakes=fakes,
    )
    suite = (place.root / "evals/s.yaml").read_text()
    place.write("evals/s.yaml", suite.replace("{contains: {value: done}}", "schema_valid"))
    seen = row(made).observation
    assert seen.trace is not None and seen.trace.tool_calls is not None
    assert (seen.output, seen.trace.tool_calls[0].result) == ({"ok": True}, "2027")


def test_a_tool_that_is_chosen_is_chosen_once() -> None:
    """A forced call would be made in every reply, and no loop would end."""
    asked: list[Request] = []

    class Model:
        identity = "m"

        async def complete(self, request: Request) -> Response:
            asked.append(request)
            calls = (RequestedCall("x", "look", "{}"),) if len(asked) == 1 else ()
            return Response("" if calls else "done", tool_calls=calls)

        async def aclose(self) -> None: ...

    def look() -> str:
        return "found"

    class Inputs(BaseModel):
        x: int = 1

    params = {"tool_choice": "look", "temperature": 0}
    prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ x }}")], tools=[look], params=params)
    target = ToolTarget(prompt, Fakes({"look": look}, "", 3), Model(), "m", 10.0)

    async def play() -> Observation:
        try:
            return await target(Case("c", {}), 0)
        finally:
            await target.aclose()

    assert asyncio.run(play()).output == "done"
    assert [dict(request.params) for request in asked] == [params, {"temperature": 0}]


def test_a_rag_suite_takes_no_prompt_with_tools(place: Place) -> None:
    """Its answers are read from one reply, so that tools would be offered in vain."""
    armed = PROMPT.replace("message: str", "question: str\n    context: list[Passage]").replace(
        "import Prompt", "import Passage, Prompt"
    )
    place.write("prompts/help/v1.py", armed.replace("{{ message }}", "{{ question }} {{ context }}"))
    place.write("docs/a.md", "Returns take 30 days.")
    rag = "rag: {corpus: ../docs, retriever: {kind: bm25}, modes: [retrieved]}\n"
    case = "cases: [{id: c1, inputs: {question: how long}, gold: [[{doc: a.md}]]}]\n"
    place.write(
        "evals/s.yaml", f"prompt: help\nmodels: [scripted/m.jsonl]\n{case}{rag}metrics: [generation.em]\n"
    )
    with pytest.raises(InvalidInput, match="help@v1 has tools, and a rag suite reads the answer"):
        place.run()

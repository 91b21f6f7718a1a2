"""What keeps the conversations of a suite from being played, said once for each target."""

from collections.abc import Iterator, Sequence

from prompteval.core.errors import UsageError
from prompteval.core.problem import Problem
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.plan.targets.rag import RagPlan
from prompteval.workspace.suite import Suite

CODE = "PE280"
_SAID: list[dict[str, object]] = [
    {"role": "user", "content": "Where is order 7?"},
    {"role": "assistant", "content": "On its way."},
]
_CALL = {"id": "call00001", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
_CALLED: list[dict[str, object]] = [
    {"role": "assistant", "content": None, "tool_calls": [_CALL]},
    {"role": "tool", "content": "{}", "tool_call_id": "call00001"},
]


def conversation_problems(suite: Suite, targets: Sequence[TargetPlan], most_turns: int) -> Iterator[Problem]:
    """The problems of a suite with conversations; `most_turns` are the turns of the longest scripted one."""
    if not most_turns and suite.user is None:
        if suite.user_input:
            message = "user_input: no case has turns, and the suite has no user"
            yield Problem(suite.path, suite.target.line, 1, CODE, message, "remove it")
        return
    for target in targets:
        for message, help in _faults(target, several=most_turns > 1 or suite.user is not None):
            yield Problem(suite.path, suite.target.line, 1, CODE, message, help)


def _faults(target: TargetPlan, *, several: bool) -> Iterator[tuple[str, str]]:
    if isinstance(target, RagPlan):
        message = f"{target.reference} answers single questions, and the cases are conversations"
        yield message, "test the application as `callable:` or `endpoint:`"
    if not isinstance(target, PromptPlan):
        return
    try:
        history = target.slots.history
    except UsageError as error:
        yield str(error), ""
        return
    if target.prompt.tools and target.fakes is None and several:
        message = f"{target.reference} has tools, and a conversation continues with their results"
        yield message, "name the functions that stand for them: `tools: {module: evals.fakes}`"
    said = _SAID + (_CALLED if target.prompt.tools else [])
    for place, message, _ in target.prompt.input_errors({history: said}):
        if place[:1] == (history,):
            where = ".".join(str(part) for part in place)
            yield (
                f"{target.reference}: {where}: {message}",
                f"declare {history}: list[dict[str, Any]], or a model of chat messages",
            )
            return

"""Rules on calls: PA106 no temperature, PA107 no limit on the answer, PA108 no timeout, PA109 no retry."""

import ast
from collections.abc import Iterable, Iterator

from prompteval.audit.findings import Finding
from prompteval.audit.flow import Flow
from prompteval.audit.models import argument_of
from prompteval.audit.names import Names
from prompteval.audit.prompts import ModelCall, entries
from prompteval.audit.repository import Repository
from prompteval.audit.sinks import Library, sink_table
from prompteval.core.problem import Problem

_SCHEMAS = frozenset(
    {"response_format", "response_model", "text_format", "output_config", "tools", "reasoning"}
)


def call_findings(
    calls: Iterable[ModelCall], repository: Repository, names: Names, flow: Flow
) -> Iterator[Finding]:
    """Parameters that requests and clients leave to defaults; those of tests are left out."""
    for call in calls:
        if not call.module.is_test and call.sink.kind in ("call", "model"):
            yield from _of_request(call, flow)
    for module in repository.modules.values():
        for node, scope in module.found.calls:
            if module.is_test or not isinstance(node.func, ast.Name | ast.Attribute):
                continue
            library = sink_table().client(names.of(node.func, scope))
            if library is not None and library.name not in ("langchain", "llamaindex", "vllm", "huggingface"):
                yield from _of_client(node, library, scope.path)


def _of_request(call: ModelCall, flow: Flow) -> Iterator[Finding]:
    given = _given(call, flow)
    if given is None:
        return
    label, what = call.label, "configured model" if call.sink.kind == "model" else "call"
    if not given & {*call.sink.temperature} and not given & _SCHEMAS:
        message = f"{label}: the {what} sets no temperature, and answers differ from run to run"
        yield _finding(
            "PA106", call.path, call.node, message, "write `temperature=0`, or the value that you mean"
        )
    if not given & {*call.sink.limit}:
        help = f"set {call.sink.limit[0]}, which bounds time and money"
        yield _finding("PA107", call.path, call.node, f"{label}: the {what} has no limit on the answer", help)


def _given(call: ModelCall, flow: Flow) -> set[str] | None:
    """The parameters that a call has, in its settings too; None where they are not written there."""
    given: set[str] = set()
    for keyword in call.node.keywords:
        if keyword.arg is None:
            unpacked = [
                name for value, _ in flow.values(keyword.value, call.scope) for name, _ in entries(value)
            ]
            if not unpacked:
                return None
            given |= set(unpacked)
        else:
            given.add(keyword.arg)
    for name in call.sink.settings:
        argument = argument_of(call, [name])
        for value, _ in flow.values(argument, call.scope) if argument is not None else ():
            inner = [k.arg or "" for k in value.keywords] if isinstance(value, ast.Call) else []
            inner += [key for key, _ in entries(value)]
            if not inner:
                return None
            given |= set(inner)
    return given


def _of_client(node: ast.Call, library: Library, path: str) -> Iterator[Finding]:
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if None in given:
        return
    made = f"{library.name} client"
    if not given.keys() & {*library.timeout}:
        yield _finding(
            "PA108",
            path,
            node,
            f"the {made} has no timeout of its own",
            f"set {library.timeout[0]}, in seconds",
        )
    retries = next((given[name] for name in library.retries if name in given), None)
    never = isinstance(retries, ast.Constant) and retries.value == 0
    if library.retries and (never or (retries is None and not library.retries_by_default)):
        message = f"the {made} does not try again after a failure"
        yield _finding("PA109", path, node, message, f"set {library.retries[0]}")


def _finding(code: str, path: str, node: ast.Call, message: str, help: str) -> Finding:
    problem = Problem(path, node.lineno, node.col_offset + 1, code, message, help, "warning")
    return Finding(problem, node.end_lineno or node.lineno, message)

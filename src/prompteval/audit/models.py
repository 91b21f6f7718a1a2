"""Rules on models: PA104 a name without a version, PA105 one that is or will be shut down."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from prompteval.audit.findings import Finding
from prompteval.audit.flow import Flow
from prompteval.audit.prompts import ModelCall
from prompteval.audit.scopes import Scope
from prompteval.audit.texts import Piece
from prompteval.core.problem import Problem, Severity

# A path of the provider before the name: `openai/gpt-4o`, `azure/…`, `models/gemini-…`, `anthropic:claude-…`.
_PROVIDER = re.compile(r"^(?:openai|anthropic|google|gemini|vertex_ai|mistral|models|openrouter)[/:]")


@dataclass(frozen=True, slots=True)
class Shutdown:
    """When a model is shut down, and where that is published."""

    day: date
    source: str


@dataclass(frozen=True, slots=True)
class ModelTable:
    """Dates of shutdown by model, and the patterns of names without a version, each with why."""

    shutdowns: dict[str, Shutdown]
    unpinned: tuple[tuple[re.Pattern[str], str], ...]


@cache
def model_table() -> ModelTable:
    """The table that ships."""
    text = files("prompteval.audit").joinpath("models.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    shutdowns = {
        model: Shutdown(row["date"], row["source"]) for row in table["shutdown"] for model in row["models"]
    }
    patterns = tuple((re.compile(row["pattern"]), row["why"]) for row in table["unpinned"])
    return ModelTable(shutdowns, patterns)


def model_findings(calls: Iterable[ModelCall], flow: Flow, today: date) -> Iterator[Finding]:
    """The models that calls name, each place once; those of tests are left out."""
    seen: set[tuple[str, int, int]] = set()
    for call in calls:
        if call.module.is_test:
            continue
        for argument in _named(call):
            for piece in _written(argument, call.scope, flow):
                key = piece.path, piece.line, piece.column
                if key not in seen:
                    seen.add(key)
                    yield from _judged(piece, today)


def argument_of(call: ModelCall, names: Iterable[str]) -> ast.expr | None:
    """The argument of a call that has one of the names, by keyword or position."""
    wanted = set(names)
    for keyword in call.node.keywords:
        if keyword.arg in wanted:
            return keyword.value
    for name, value in zip(call.sink.positions, call.node.args, strict=False):
        if name in wanted:
            return value
    return None


def _named(call: ModelCall) -> Iterator[ast.expr]:
    found = argument_of(call, call.sink.model)
    if found is not None:
        yield found


def _written(argument: ast.expr, scope: Scope, flow: Flow) -> Iterator[Piece]:
    for text in flow.texts(argument, scope):
        if len(text.pieces) == 1 and not text.pieces[0].hole:
            yield text.pieces[0]


def _judged(piece: Piece, today: date) -> Iterator[Finding]:
    table = model_table()
    name = _PROVIDER.sub("", piece.text.strip())
    end = table.shutdowns.get(name)
    if end is not None:
        over = end.day <= today
        when = f"was shut down on {end.day}" if over else f"is shut down on {end.day}"
        help = f"choose another, and compare it with `prompteval compare`; {end.source}"
        yield _finding("PA105", piece, f"model {name!r} {when}", help, error=over)
    for pattern, why in table.unpinned:
        if pattern.fullmatch(name):
            yield _finding(
                "PA104", piece, f"model {name!r} has no version: it is {why}", "name a dated version"
            )
            return


def _finding(code: str, piece: Piece, message: str, help: str, *, error: bool = False) -> Finding:
    severity: Severity = "error" if error else "warning"
    problem = Problem(piece.path, piece.line, piece.column, code, message, help, severity)
    return Finding(problem, piece.last_line, piece.text)

"""A conversation in full: what the user said, what was answered, and what the user's model cost."""

import json
from collections.abc import Iterator

from prompteval.core.observation import Row
from prompteval.core.text import printable
from prompteval.report.tool_calls import call_lines


def conversation_lines(row: Row) -> Iterator[str]:
    """A line for each side of each turn, and one for each call of the model that plays the user."""
    trace = row.observation.trace
    for number, turn in enumerate((None if trace is None else trace.turns) or (), 1):
        scripted = row.case.turns[number - 1] if number <= len(row.case.turns) else None
        user = turn.user or (scripted.user if scripted is not None else "")
        yield f"turn {number:<4} user: {printable(user)}\n"
        for line in call_lines(turn):
            yield f"          tool: {printable(line)}\n"
        answer = f"{turn.outcome}: {turn.error}" if turn.outcome != "ok" else _shown(turn.output)
        yield f"          answer: {printable(answer)}\n"
    for call in row.observation.user_calls:
        yield f"user call {call.model}, {call.served_by}, {call.attempts} attempt(s)\n"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

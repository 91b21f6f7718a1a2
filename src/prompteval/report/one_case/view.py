"""One row as a view: what was asked and expected, what was found and seen, what came of it."""

import json
from collections.abc import Iterator, Mapping

from prompteval.core.case import Case
from prompteval.core.media import is_file_value, kind_of, parts_of_message, value_text, with_file_texts
from prompteval.core.observation import (
    STREAM_TIMES,
    Call,
    Observation,
    Row,
    Score,
    row_verdict,
    stream_time,
)
from prompteval.core.strict_json import loads
from prompteval.core.text import counted
from prompteval.core.trace import Trace
from prompteval.report.advice import advice_on, places_of
from prompteval.report.case import failure_reason
from prompteval.report.inputs import shown_by_file
from prompteval.report.one_case.citations import citation_lines, cited_sentences
from prompteval.report.one_case.passages import lists_of, passage_parts
from prompteval.report.one_case.shapes import CaseView, Line, Mark, Part
from prompteval.report.tool_calls import call_lines, expected_lines

# A longer reason of a score stands below it.
BESIDE = 100


def case_view(row: Row) -> CaseView:
    """Everything that is known of a row; a part that says nothing is left out."""
    parts = tuple(part for part in _parts(row) if part.text or part.lines)
    verdict = row_verdict(row).value
    return CaseView(
        row.suite, row.target, row.model, row.case.id, row.replicate, verdict, failure_reason(row), parts
    )


def _parts(row: Row) -> Iterator[Part]:
    seen, places, lists = row.observation, places_of(row), lists_of(row.observation)
    yield Part("outcome", _outcome(seen))
    if seen.failure is not None:
        yield Part("failure", f"{seen.failure.stage}: {seen.failure.type}: {seen.failure.message}")
    yield _inputs(row.case)
    yield _expected(row.case)
    yield from passage_parts(lists, places)
    yield from _conversation(row.case, seen)
    yield Part("tool calls", lines=tuple(Line("", line) for line in call_lines(seen.trace)))
    yield from _answer(seen)
    yield Part("citations", lines=tuple(citation_lines(seen, lists, places)))
    yield Part("cited in", lines=tuple(cited_sentences(seen)))
    yield Part("scores", lines=tuple(_score(score) for score in row.scores))
    advice = advice_on(row)
    if advice is not None:
        yield Part(advice.reason, lines=(Line("seen", advice.seen), Line("try", advice.attempt)))
    yield from _more(row)


def _outcome(seen: Observation) -> str:
    first = stream_time(seen, STREAM_TIMES[0])
    began = f", first token after {first:.0f} ms" if first is not None else ""
    return f"{seen.outcome}, {seen.latency_ms:.0f} ms{began}"


def _inputs(case: Case) -> Part:
    if isinstance(case.inputs, Mapping):
        lines = tuple(
            Line(name, written(shown), images=images_of(value)) for name, value, shown in shown_by_file(case)
        )
        return Part("inputs", "" if lines else "{}", lines)
    return Part("inputs", written(case.inputs))


def images_of(value: object) -> tuple[str, ...]:
    """The hashes of images that a value of an input is or has in a list."""
    values = value if isinstance(value, list) else [value]
    files = (one for one in values if is_file_value(one))
    return tuple(str(one["sha256"]) for one in files if kind_of(str(one["media_type"])) == "image")


def _expected(case: Case) -> Part:
    """The expected value, answers, gold and calls: what there is of them."""
    lines = [Line("answer", answer) for answer in case.answers]
    if case.answerable is False:
        lines.append(Line("answer", "none: the question has no answer"))
    for group in case.gold:
        for place, raw in enumerate(group):
            lines.append(Line("or" if place else "gold", _gold_item(raw)))
    lines += [Line("call", line) for line in expected_lines(case.tool_calls)]
    for number, turn in enumerate(case.turns, 1):
        if turn.expected is not None:
            lines.append(Line(f"turn {number}", written(turn.expected)))
        lines += [Line(f"turn {number} call", line) for line in expected_lines(turn.tool_calls)]
    return Part("expected", "" if case.expected is None else written(case.expected), tuple(lines))


def _gold_item(raw: Mapping[str, object]) -> str:
    place = f":{raw['start']}-{raw['end']}" if "start" in raw and "end" in raw else ""
    quote = f"{str(raw['quote'])!r}" if "quote" in raw else ""
    grade = f"(grade {raw['grade']})" if "grade" in raw else ""
    return "  ".join(part for part in (f"{raw.get('doc', '')}{place}", quote, grade) if part)


def _conversation(case: Case, seen: Observation) -> Iterator[Part]:
    """What was sent, or the conversation as the system reports it, and its turns."""
    trace = seen.trace or Trace()
    if trace.messages is not None:
        yield Part("messages", lines=tuple(_message(message) for message in trace.messages))
    else:
        yield Part("sent", lines=tuple(_message(message) for message in seen.sent))
    yield Part("turns", lines=tuple(line for one in _turns(case, trace) for line in one))


def _turns(case: Case, trace: Trace) -> Iterator[Iterator[Line]]:
    """What was said in each turn, with the calls made in it."""
    for number, turn in enumerate(trace.turns or (), 1):
        scripted = case.turns[number - 1] if number <= len(case.turns) else None
        yield _turn(number, turn, turn.user or (scripted.user if scripted is not None else ""))


def _turn(number: int, turn: Trace, user: str) -> Iterator[Line]:
    yield Line(f"{number}  user", user)
    for line in call_lines(turn):
        yield Line("   tool", line)
    if turn.outcome == "ok":
        yield Line("   answer", written(turn.output))
    else:
        yield Line("   answer", turn.error, (Mark(turn.outcome, "bad"),))


def _message(message: Mapping[str, object]) -> Line:
    asked = message.get("tool_calls")
    content = parts_of_message(message)
    parts = [f"[{value_text(one)}]" if is_file_value(one) else written(one) for one in content]
    parts.append("" if not asked else written(asked))
    return Line(str(message.get("role", message.get("type", ""))), "\n".join(part for part in parts if part))


def _answer(seen: Observation) -> Iterator[Part]:
    if seen.output is not None:
        yield Part("output", written(seen.output))
    if seen.text and not _says(seen.text, seen.output):
        yield Part("raw text", seen.text)
    if seen.trace is not None and seen.trace.abstain is not None:
        yield Part("abstained", "yes" if seen.trace.abstain else "no")


def _says(text: str, output: object) -> bool:
    """Whether a raw text is the output, as it is or as JSON."""
    try:
        return text == output or loads(text) == output
    except ValueError:
        return False


def _score(score: Score) -> Line:
    value = score.status if score.value is None else f"{score.value:g}"
    passed = {True: Mark("pass", "good"), False: Mark("fail", "bad"), None: None}[score.passed]
    marks = () if passed is None else (passed,)
    if "\n" in score.reason or len(score.reason) > BESIDE:
        return Line(score.title, value, marks, score.reason)
    return Line(score.title, f"{value} ({score.reason})" if score.reason else value, marks)


def _more(row: Row) -> Iterator[Part]:
    """What the other modes answered, what it took, tags."""
    seen = row.observation
    modes = seen.details.get("modes", {})
    lines = (Line(mode, f"{one['outcome']} {written(one['output'])}") for mode, one in modes.items())
    yield Part("modes", lines=tuple(lines))
    if seen.confidence is not None:
        yield Part("confidence", f"{seen.confidence:.3f}")
    timings = {} if seen.trace is None else seen.trace.timings
    yield Part("timings", ", ".join(f"{name} {value:.0f} ms" for name, value in timings.items()))
    if seen.reported_cost_usd is not None:
        yield Part("cost", f"{seen.reported_cost_usd:g} USD as reported")
    yield Part("calls", lines=tuple(map(_call, seen.calls)))
    yield Part("calls of the user's model", lines=tuple(map(_call, seen.user_calls)))
    yield Part("tags", ", ".join(f"{name}={value}" for name, value in row.case.tags.items()))


def _call(call: Call) -> Line:
    reported = f", answered by {call.model_reported}" if call.model_reported else ""
    took = f"{call.served_by}, {counted(call.attempts, 'attempt')}, {call.latency_ms:.0f} ms"
    return Line(call.model, f"{took}{reported}")


def written(value: object) -> str:
    """A text as it is, a file by its kind and size, any other value as JSON."""
    value = with_file_texts(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

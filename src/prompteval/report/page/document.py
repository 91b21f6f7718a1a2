"""The data that a page draws: `prompteval/page@1`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from prompteval.core.verdict import Estimate
from prompteval.report.format import MARKS, count_parts
from prompteval.report.page.gate_cases import gate_filters
from prompteval.report.prompt_text import PromptVersions, versions_json
from prompteval.report.result_view import ResultView
from prompteval.report.table import Table
from prompteval.report.tables import tables
from prompteval.report.view import RunFacts, RunView

SCHEMA = "prompteval/page@1"
Tone = Literal["pass", "fail", "inconclusive", "incomplete", "none"]


@dataclass(frozen=True, slots=True)
class Headline:
    """What stands first: the title, the verdict as a word with its mark, and why."""

    title: str
    word: str
    tone: Tone
    sentence: str
    facts: Sequence[tuple[str, str]] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "title": self.title, "word": self.word, "tone": self.tone, "sentence": self.sentence,
            "facts": [list(fact) for fact in self.facts],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: sentences, gates, tables, and figures to draw, which are data of their own kind."""

    title: str
    lines: Sequence[str] = ()
    notes: Sequence[str] = ()
    code: str = ""
    gates: Sequence[Mapping[str, object]] = ()
    tables: Sequence[Table] = ()
    drawn: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return {
            "title": self.title, "lines": list(self.lines), "notes": list(self.notes), "code": self.code,
            "gates": [dict(gate) for gate in self.gates],
            "tables": [table_json(found) for found in self.tables],
            "drawn": dict(self.drawn),
        }  # fmt: skip


def page_json(
    kind: str, head: Headline, sections: Sequence[Section], more: Mapping[str, object] | None = None
) -> dict[str, object]:
    """The document of a page; `more` are keys of its kind."""
    return {
        "schema": SCHEMA, "kind": kind, "head": head.as_json(),
        "sections": [section.as_json() for section in sections], **(more or {}),
    }  # fmt: skip


def run_json(view: RunView) -> dict[str, object]:
    """The document of a run, without its rows."""
    word = MARKS[view.verdict]
    head = Headline(
        f"prompteval run {view.run_id}",
        word,
        view.verdict.value,
        f"{view.reason} (exit {view.exit_code})",
        tuple(_facts(view)),
    )
    columns = [
        {"suite": one.suite, "prompt": one.shown_prompt, "version": one.prompt, "model": one.model}
        for one in view.results
    ]
    prompts = {} if view.facts is None else view.facts.prompts
    sections = [
        _result(place, one, prompts.get((one.suite, one.prompt))) for place, one in enumerate(view.results)
    ]
    return page_json("run", head, sections, {"run": view.as_json(), "columns": columns})


def table_json(found: Table) -> dict[str, object]:
    """A table as JSON: estimates as [low, value, high], and counts."""
    body: dict[str, object] = {
        "title": found.title, "heads": list(found.heads), "rows": [list(row) for row in found.rows],
        "texts": found.texts,
    }  # fmt: skip
    if found.estimates:
        body["estimates"] = [_ends(one) for one in found.estimates]
    if found.counts:
        body["counts"] = [list(line) for line in found.counts]
    if found.differences:
        body["differences"] = [list(line) for line in found.differences]
    return body


def _ends(one: Estimate) -> list[float | None]:
    return [one.low, one.value, one.high]


def _result(place: int, result: ResultView, prompts: PromptVersions | None) -> Section:
    latency = result.timing["latency_ms"]
    times = [f"{name} {value:.0f} ms" for name, value in latency.items() if value is not None]
    gates = [
        {
            "rule": gate.rule, "verdict": gate.verdict.value, "word": MARKS[gate.verdict],
            "detail": gate.detail, "filters": {**gate_filters(gate), "column": str(place)},
        }
        for gate in result.gates
    ]  # fmt: skip
    return Section(
        f"{result.suite} · {result.shown_prompt} · {result.model}",
        lines=[", ".join([*count_parts(result), *times])],
        notes=result.notes,
        code=result.fingerprint,
        gates=gates,
        tables=[*tables(result, full=True)],
        drawn={"result": place, **versions_json(prompts)},
    )


def _facts(view: RunView) -> Iterator[tuple[str, str]]:
    """Where a run comes from, as far as that is known."""
    found: RunFacts | None = view.facts
    if found is None:
        return
    if found.started:
        yield "started", found.started
    if found.commit:
        where = f" on {found.branch}" if found.branch else ""
        state = " with uncommitted changes" if found.dirty else ""
        yield "commit", f"{found.commit[:12]}{where}{state}"
    yield from found.others
    models = dict.fromkeys(result.model for result in view.results)
    yield "models", ", ".join(models)


def rows_expected(view: RunView) -> int:
    """How many rows a run has, about: repeats are not counted in its results."""

    def times(result: ResultView) -> int:
        usage: Mapping[str, Any] = result.usage
        return max(int(result.cases.get("total", 0)), int(usage.get("requests", 0) or 0))

    return sum(times(result) for result in view.results)

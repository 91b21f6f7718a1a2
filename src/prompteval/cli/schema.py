"""`prompteval schema`: JSON Schemas for editors and scripts."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb


class Kind(StrEnum):
    """The schemas there are."""

    suite = "suite"
    cases = "cases"
    settings = "settings"
    monitor = "monitor"
    run = "run"
    dry_run = "dry-run"
    compare = "compare"
    check = "check"
    data_check = "data-check"
    trec = "trec"
    rag_search = "rag-search"
    rag_sweep = "rag-sweep"
    judge_check = "judge-check"
    judge_compare = "judge-compare"
    judge_rank = "judge-rank"
    monitor_check = "monitor-check"
    page = "page"


# A kind to the function that makes its schema, which is imported when it is asked for.
_MAKERS: Mapping[Kind, str] = {
    Kind.suite: "prompteval.plan.suite_schema:suite_schema",
    Kind.cases: "prompteval.cases.schema:case_schema",
    Kind.settings: "prompteval.workspace.settings_file:settings_schema",
    Kind.monitor: "prompteval.plan.monitor_file:monitor_schema",
    Kind.run: "prompteval.report.schema:run_schema",
    Kind.dry_run: "prompteval.report.command_schemas:dry_run_schema",
    Kind.compare: "prompteval.report.comparison.schema:compare_schema",
    Kind.check: "prompteval.report.problems_schema:problems_schema",
    Kind.data_check: "prompteval.report.command_schemas:data_check_schema",
    Kind.trec: "prompteval.report.command_schemas:trec_schema",
    Kind.rag_search: "prompteval.report.command_schemas:rag_search_schema",
    Kind.rag_sweep: "prompteval.report.command_schemas:rag_sweep_schema",
    Kind.judge_check: "prompteval.report.judge.schema:judge_check_schema",
    Kind.judge_compare: "prompteval.report.judge.schema:judge_compare_schema",
    Kind.judge_rank: "prompteval.report.judge.schema:judge_rank_schema",
    Kind.monitor_check: "prompteval.report.monitoring.schema:monitor_check_schema",
    Kind.page: "prompteval.report.page.schema:page_schema",
}


def register(app: typer.Typer) -> None:
    app.command("schema", epilog="Example: prompteval schema suite > suite.schema.json")(verb(schema))


def schema(kind: Annotated[Kind, typer.Argument(help="Which schema to print.")]) -> int:
    """Print the JSON Schema of a file, of what a command writes as JSON, or of the data of an HTML report.

    suite, cases, settings and monitor are files; page is an HTML report; check is what `check`, `audit` and
    `data check` write with --output-format json, and the others what their commands write with --json."""
    printer.document(schema_maker(kind)())
    return 0


def schema_maker(kind: Kind) -> Callable[[], dict[str, object]]:
    """What makes the schema of a kind."""
    module, _, name = _MAKERS[kind].partition(":")
    made: Callable[[], dict[str, object]] = getattr(import_module(module), name)
    return made

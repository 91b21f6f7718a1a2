"""`prompteval schema`: JSON Schemas for editors and scripts."""

from enum import StrEnum
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb


class Kind(StrEnum):
    """The schemas there are."""

    suite = "suite"
    cases = "cases"
    settings = "settings"
    run = "run"
    check = "check"
    compare = "compare"
    monitor = "monitor"
    monitor_check = "monitor-check"
    page = "page"


def register(app: typer.Typer) -> None:
    app.command("schema", epilog="Example: prompteval schema suite > suite.schema.json")(verb(schema))


def schema(kind: Annotated[Kind, typer.Argument(help="Which schema to print.")]) -> int:
    """Print the JSON Schema of suites, of one case, of settings, of monitor.yaml, of `run --json`,
    `check --output-format json`, `compare --json` or `monitor check --json`, or of the data in an HTML
    report."""
    if kind is Kind.suite:
        from prompteval.plan.suite_schema import suite_schema

        document = suite_schema()
    elif kind is Kind.cases:
        from prompteval.cases.schema import case_schema

        document = case_schema()
    elif kind is Kind.settings:
        from prompteval.workspace.settings_file import SettingsFile
        from prompteval.workspace.validation import schema_of

        document = schema_of(SettingsFile, "prompteval settings")
    elif kind is Kind.monitor:
        from prompteval.plan.monitor_file import monitor_schema

        document = monitor_schema()
    elif kind is Kind.monitor_check:
        from prompteval.report.monitoring.schema import monitor_check_schema

        document = monitor_check_schema()
    elif kind is Kind.check:
        from prompteval.report.problems_schema import problems_schema

        document = problems_schema()
    elif kind is Kind.compare:
        from prompteval.report.comparison.schema import compare_schema

        document = compare_schema()
    elif kind is Kind.page:
        from prompteval.report.page.schema import page_schema

        document = page_schema()
    else:
        from prompteval.report.schema import run_schema

        document = run_schema()
    printer.document(document)
    return 0

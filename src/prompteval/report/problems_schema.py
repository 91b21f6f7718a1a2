"""The JSON Schema of `check --output-format json`, which `audit` and `data check` share."""

from prompteval.report.schema_parts import Schema, count, document_of, list_of, one_of, record_of, text


def problems_schema() -> Schema:
    """The document: every problem, in the order of files and lines."""
    return document_of("prompteval check", list_of(problem_schema(), "Every problem that was found."))


def problem_schema() -> Schema:
    """One of them."""
    properties = {
        "path": text("The file, from the workspace's root."),
        "line": count("The line, from 1; 0 where the file as a whole is meant."),
        "col": count("The column, from 1; 0 where the file as a whole is meant."),
        "code": text("The code, which `prompteval explain` takes."),
        "message": text("What is wrong."),
        "help": text("The fix; empty where the message says it."),
        "severity": one_of(("error", "warning"), "Whether it refuses a run."),
    }
    return record_of(properties, "One thing wrong in one place.")

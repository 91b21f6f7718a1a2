"""The JSON Schema of a suite file, with the options of every scorer and of every part of a pipeline."""

from prompteval.plan.part_schema import DEFINITIONS, part_schema
from prompteval.scoring.options_schema import scorer_schema
from prompteval.workspace.rag_options import PART_OPTIONS
from prompteval.workspace.suite_file import SuiteFile
from prompteval.workspace.validation import schema_of


def suite_schema() -> dict[str, object]:
    """For editors and scripts, from the models that read the file."""
    found = schema_of(SuiteFile, "prompteval suite")
    found["properties"]["scorers"]["items"], definitions = scorer_schema()
    parts = found[DEFINITIONS]["RagFile"]["properties"]
    for part in PART_OPTIONS:
        schema, named = part_schema(part)
        parts[part] = {**parts[part], **schema}
        definitions = {**definitions, **named}
    found[DEFINITIONS] = {**found[DEFINITIONS], **definitions}
    return found

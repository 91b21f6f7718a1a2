"""The JSON Schema of a suite file, with the options of every scorer."""

from prompteval.scoring.options_schema import DEFINITIONS, scorer_schema
from prompteval.workspace.suite_file import SuiteFile
from prompteval.workspace.validation import schema_of


def suite_schema() -> dict[str, object]:
    """For editors and scripts, from the models that read the file."""
    found = schema_of(SuiteFile, "prompteval suite")
    found["properties"]["scorers"]["items"], definitions = scorer_schema()
    found[DEFINITIONS] = {**found.get(DEFINITIONS, {}), **definitions}
    return found

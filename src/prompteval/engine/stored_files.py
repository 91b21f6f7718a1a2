"""The files of stored cases: a row has their hashes, and the suite's case files have their content."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.media import FileValue, files_in, is_file_value, value_text
from prompteval.plan.suite_plan import plan_suite
from prompteval.workspace.settings import Workspace


def with_files(workspace: Workspace, suite_path: str, cases: Sequence[Case]) -> list[Case]:
    """Stored cases whose inputs can be shown to a model again; those without files are as they were.

    Raises UsageError for a file that no case of the suite has any more, and what planning the suite raises.
    """
    if not any(_lacks_content(case.inputs) for case in cases):
        return list(cases)
    plan = plan_suite(workspace, suite_path)
    known = {file.sha256: file.value for case in plan.cases() for file in files_in(case.inputs)}
    return [replace(case, inputs=_found(case, case.inputs, known)) for case in cases]


def _lacks_content(value: object) -> bool:
    if isinstance(value, Mapping) and not is_file_value(value):
        return any(map(_lacks_content, value.values()))
    if isinstance(value, list):
        return any(map(_lacks_content, value))
    return is_file_value(value) and not isinstance(value, FileValue)


def _found(case: Case, value: object, known: Mapping[str, FileValue]) -> object:
    if is_file_value(value):
        file = known.get(str(value["sha256"]))
        if file is None:
            message = f"case {case.id!r} had {value_text(value)}, which no case of its suite has now"
            raise UsageError(message, "restore the file, or run the suite again")
        return file
    if isinstance(value, Mapping):
        return {name: _found(case, one, known) for name, one in value.items()}
    return [_found(case, one, known) for one in value] if isinstance(value, list) else value

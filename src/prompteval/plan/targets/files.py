"""The files in the inputs of a target's cases."""

from collections.abc import Callable, Mapping

from prompteval.cases.record import Typed
from prompteval.core.media import FileValue, WrongFile
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.prompt.file_inputs import FileInputs
from prompteval.prompt.prompt import Prompt


def file_inputs_of(target: TargetPlan | None, prompt: Prompt | None) -> list[FileInputs]:
    """The inputs that are files: those of the target's prompt, and of the prompt that plays its user."""
    prompts = [prompt] if prompt is not None else []
    if isinstance(target, PromptPlan) and target.user is not None:
        prompts.append(target.user.prompt)
    return [one.file_inputs for one in prompts if one.file_inputs]


def with_files(
    inputs: list[FileInputs], read: Callable[[str], FileValue | WrongFile], typed: Typed | None
) -> Typed:
    """Reads the files of a raw record, then the rest of it by `typed`."""

    def reading(raw: Mapping[str, object]) -> Mapping[str, object]:
        values = raw.get("inputs")
        if isinstance(values, dict):
            for one in inputs:
                values = one.read(values, read)
            raw = {**raw, "inputs": values}
        return raw if typed is None else typed(raw)

    return reading

"""What is wrong with the files of a prompt: where they are placed, and where they are declared."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prompteval.core.problem import Problem, did_you_mean
from prompteval.prompt.file_inputs import file_in
from prompteval.prompt.messages import Part
from prompteval.prompt.source_places import ModuleSource

if TYPE_CHECKING:
    from prompteval.prompt.prompt import Prompt

CODE = "PE342"


def file_problems(prompt: "Prompt", module: ModuleSource | None) -> Iterator[Problem]:
    """Files of inputs that no message can place, are placed as text, or are asked for in an answer."""
    inputs = prompt.file_inputs
    for path in inputs.misplaced:
        place = module.field(prompt.inputs.__name__, path.split(".")[0]) if module else (0, 0)
        message = f"input {path!r} is a File inside another type, where no message can show it"
        yield Problem(prompt.path, *place, CODE, message, "make it a field of its own: File or list[File]")
    if file_in(prompt.output):
        place = module.argument("output") if module else (0, 0)
        yield Problem(
            prompt.path, *place, CODE, "the output has a File; a model's answer is text", "remove it"
        )
    for index, part in enumerate(prompt.messages):
        if isinstance(part, Part):
            yield from _of_message(prompt, part, index)


def _of_message(prompt: "Prompt", part: Part, index: int) -> Iterator[Problem]:
    names, place = prompt.file_inputs.names, (prompt.path, *part.written)
    for name in dict.fromkeys(slot.name for slot in part.slots if slot.name):
        if name not in prompt.inputs.model_fields:
            help = did_you_mean(name, names)
            yield Problem(*place, "PE302", f"file input {name!r} is not an input", help)
        elif name not in names:
            message = f"input {name!r} is not a File, and file() places it"
            yield Problem(*place, CODE, message, f"declare `{name}: File`, or write it in the text")
    for name in sorted(prompt.variables(index) & names.keys()):
        message = f"input {name!r} is a File, and the text of a message cannot hold it"
        yield Problem(
            part.path or prompt.path,
            part.line,
            part.column,
            CODE,
            message,
            f'place it: user("...", file("{{{{ {name} }}}}"))',
        )

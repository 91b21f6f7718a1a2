"""What of a prompt its models' servers cannot take: the output's schema, parameters that they ignore."""

from collections.abc import Iterator, Sequence

from prompteval.core.errors import UsageError
from prompteval.core.problem import Problem
from prompteval.prompt.place import ModuleSource
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.strict import strict_faults
from prompteval.providers.open import check_reference
from prompteval.workspace.server_keys import PRESETS, Preset
from prompteval.workspace.settings import Workspace

# Kinds of models that are sent the strict schema.
_STRICT_KINDS = frozenset({"openai"})


def server_problems(prompts: Sequence[Prompt], models: Sequence[str], workspace: Workspace) -> list[Problem]:
    """Each thing that every call would fail for, or that would be left out without a word, once."""
    found = (
        problem for model in models for prompt in prompts for problem in _problems(prompt, model, workspace)
    )
    return list(dict.fromkeys(found))


def _problems(prompt: Prompt, model: str, workspace: Workspace) -> Iterator[Problem]:
    try:
        kind, _, profile = check_reference(model, workspace)
    except UsageError:  # reported where the model is named
        return
    if kind not in _STRICT_KINDS:
        return
    module = ModuleSource(prompt.source) if prompt.source else None
    preset = PRESETS[profile.preset] if profile is not None and profile.preset else Preset()
    structured = (profile.structured if profile is not None else None) or preset.structured
    dropped = profile.drop if profile is not None else ()
    for name in sorted(preset.ignored & prompt.params.keys() - set(dropped)):
        place = module.argument("params", name) if module is not None else (0, 0)
        message = f"params: {profile.preset if profile else kind} ignores {name!r} without a word"
        yield Problem(prompt.path, *place, "PE335", message, f'remove it, or set drop = ["{name}"]')
    if prompt.schema is None or structured not in ("json_schema", "tool"):
        return
    for fault in strict_faults(prompt.schema):
        place = (0, 0) if module is None else _place(module, prompt, fault.field)
        where = f"output field {fault.field!r}" if fault.field else "the output"
        yield Problem(prompt.path, *place, "PE336", f"{where}: {fault.message} ({model})", fault.help)


def _place(module: ModuleSource, prompt: Prompt, field: str) -> tuple[int, int]:
    """The field of the output's class, else where the prompt names its output."""
    parts = field.split(".")
    found = module.declared(prompt.output.__name__, parts[0])
    return found or module.argument("output")

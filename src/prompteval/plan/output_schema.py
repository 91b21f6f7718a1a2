"""What of a prompt its models' servers cannot take: the output's schema, and parameters."""

from collections.abc import Iterator, Sequence

from prompteval.core.errors import UsageError
from prompteval.core.problem import Problem
from prompteval.prompt.place import ModuleSource
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.strict import strict_faults
from prompteval.providers.open import check_reference
from prompteval.workspace.presets import param_fault_of, preset_of
from prompteval.workspace.settings import ModelProfile, Workspace

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
    chosen = profile if profile is not None else ModelProfile(model)
    structured = chosen.structured or preset_of(chosen.preset).structured
    for name in sorted(prompt.params.keys() - {*chosen.drop, *(chosen.rename or {})}):
        wrong = param_fault_of(chosen.preset, chosen.api, name)
        if wrong is not None:
            place = module.argument("params", name) if module is not None else (0, 0)
            help = ", or ".join(filter(None, ["remove it", wrong[1], f'set drop = ["{name}"]']))
            yield Problem(prompt.path, *place, "PE335", f"params: {wrong[0]}", help)
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

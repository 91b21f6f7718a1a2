"""What of a prompt its models' servers cannot take: parameters, tools, files, and schemas."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from prompteval.core.errors import UsageError
from prompteval.core.problem import Problem
from prompteval.core.request import Request
from prompteval.plan.file_problems import prompt_file_problems
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.source_places import ModuleSource, Place
from prompteval.prompt.strict import SchemaFault, strict_faults
from prompteval.providers.hosted.extra import replaced_fields
from prompteval.providers.hosted.params import KINDS, param_faults
from prompteval.providers.open import check_reference, url_of
from prompteval.providers.openai.decisions import WHAT_TO_DO, unanswerable
from prompteval.workspace.presets import LLAMA, param_fault_of, preset_at, preset_of
from prompteval.workspace.server_keys import GGUF
from prompteval.workspace.settings import ModelProfile, Workspace

# The kinds of models that are sent parameters and strict schemas, and the one that takes no tools.
STRICT_KINDS = frozenset({"openai", GGUF})
TOOLLESS_KIND = "local"


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
    module = ModuleSource(prompt.source) if prompt.source else None
    yield from prompt_file_problems(prompt, model, workspace)
    if kind == TOOLLESS_KIND and prompt.tools:
        message = f"{model} takes no tools, and {prompt.reference} has some"
        yield Problem(
            prompt.path, *_argument(module, "tools"), "PE338", message, "choose a model that takes tools"
        )
    if profile is not None and kind in (*STRICT_KINDS, *KINDS):
        yield from _replaced(prompt, module, kind, profile)
    if kind in KINDS:
        yield from _native(prompt, module, kind, profile, model)
    if kind not in STRICT_KINDS:
        return
    profile = profile if profile is not None else ModelProfile(model)
    if kind == GGUF:
        profile = replace(profile, preset=LLAMA)
    if profile.api == "decisions":
        yield from _params(prompt, module, profile)
        found = [SchemaFault(*fault, WHAT_TO_DO) for fault in unanswerable(prompt.schema or {})]
        yield from _faults(prompt, module, model, found)
        return
    structured = profile.structured or preset_of(profile.preset).structured
    profile = replace(profile, preset=preset_at(url_of(kind, profile), profile.preset))
    yield from _params(prompt, module, profile)
    yield from _ignored(prompt, module, profile, structured)
    if prompt.schema is not None and structured in ("json_schema", "tool"):
        yield from _faults(prompt, module, model, strict_faults(prompt.schema))
    if prompt.schema is not None and structured == "tool" and prompt.tools:
        message = f'structured = "tool" of {model} asks for the output as a call, and the prompt has tools'
        help = 'set structured = "json_schema" or "prompt", or make the output a str'
        yield Problem(prompt.path, *_argument(module, "tools"), "PE338", message, help)
    yield from _tools(prompt, module, model)


def _ignored(
    prompt: Prompt, module: ModuleSource | None, profile: ModelProfile, structured: str
) -> Iterator[Problem]:
    """The output's schema and those of tools, where the server takes them and heeds them not."""
    preset = preset_of(profile.preset)
    help = 'set provider = "anthropic" in a profile'
    if prompt.schema is not None and structured in preset.ignored_structured:
        message = f"{profile.preset} silently ignores the schema of the output at its OpenAI endpoint"
        place = _argument(module, "output")
        yield Problem(prompt.path, *place, "PE335", message, f'{help}, or structured = "prompt"')
    if prompt.tools and preset.ignores_tool_schemas:
        message = f"{profile.preset} silently ignores the schemas of tools at its OpenAI endpoint"
        yield Problem(prompt.path, *_argument(module, "tools"), "PE335", message, help)


def _replaced(
    prompt: Prompt, module: ModuleSource | None, kind: str, profile: ModelProfile
) -> Iterator[Problem]:
    """What the profile would silently put in the place of what the prompt says."""
    asked = Request(profile.name, (), prompt.params, prompt.schema, tools=prompt.tool_definitions)
    for name in replaced_fields(kind, profile, asked):
        message = f"extra_body of {profile.name!r} replaces {name!r} of the body that the prompt makes"
        help = "remove it there, or what makes it in the prompt"
        yield Problem(prompt.path, *_argument(module, "params"), "PE335", message, help)


def _native(
    prompt: Prompt, module: ModuleSource | None, kind: str, profile: ModelProfile | None, model: str
) -> Iterator[Problem]:
    """What one of the native APIs does not take, as it is written in the prompt."""
    place_of_drop = "" if profile is not None else " in a profile"
    profile = profile if profile is not None else ModelProfile(model, kind, model.partition("/")[2])
    param_fault = param_faults(kind)
    for name in sorted(prompt.params.keys() - set(profile.drop)):
        wrong = param_fault(profile.model, name, prompt.params[name])
        if wrong is not None:
            help = ", or ".join(
                filter(None, ["remove it", wrong[1], f'set drop = ["{name}"]{place_of_drop}'])
            )
            place = _argument(module, "params", name)
            yield Problem(prompt.path, *place, "PE335", f"params: {wrong[0]}", help)
    if prompt.schema is not None and profile.structured == "tool" and prompt.tools:
        message = f'structured = "tool" of {model} asks for the output as a call, and the prompt has tools'
        help = 'set structured = "json_schema", or make the output a str'
        yield Problem(prompt.path, *_argument(module, "tools"), "PE338", message, help)
    if prompt.schema is not None and (profile.structured or "json_schema") != "prompt":
        yield from _faults(prompt, module, model, strict_faults(prompt.schema))
    yield from _tools(prompt, module, model)


def _params(prompt: Prompt, module: ModuleSource | None, profile: ModelProfile) -> Iterator[Problem]:
    for name in sorted(prompt.params.keys() - {*profile.drop, *(profile.rename or {})}):
        wrong = param_fault_of(profile.preset, profile.api, name, profile.extra_body or {})
        if wrong is not None:
            help = ", or ".join(filter(None, ["remove it", wrong[1], f'set drop = ["{name}"]']))
            place = _argument(module, "params", name)
            yield Problem(prompt.path, *place, "PE335", f"params: {wrong[0]}", help)


def _faults(
    prompt: Prompt, module: ModuleSource | None, model: str, faults: Sequence[SchemaFault]
) -> Iterator[Problem]:
    """At the field of the output's class, else where the prompt names its output."""
    for fault in faults:
        first = fault.field.split(".")[0]
        declared = None if module is None or not first else module.declared(prompt.output.__name__, first)
        place = declared or _argument(module, "output")
        where = f"output field {fault.field!r}" if fault.field else "the output"
        yield Problem(prompt.path, *place, "PE336", f"{where}: {fault.message} ({model})", fault.help)


def _tools(prompt: Prompt, module: ModuleSource | None, model: str) -> Iterator[Problem]:
    for name, tool in prompt.known_tools.items():
        for fault in strict_faults(tool.definition.parameters):
            where = f"argument {fault.field!r} of tool {name!r}" if fault.field else f"tool {name!r}"
            message = f"{where}: {fault.message} ({model})"
            yield Problem(prompt.path, *_argument(module, "tools"), "PE336", message, fault.help)


def _argument(module: ModuleSource | None, keyword: str, key: str = "") -> Place:
    """Where an argument of the prompt is written; (0, 0) for a prompt without a file."""
    return (0, 0) if module is None else module.argument(keyword, key)

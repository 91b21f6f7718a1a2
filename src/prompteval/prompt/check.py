"""What is wrong with a prompt's templates, each problem at the line and column to edit."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jinja2.defaults import DEFAULT_NAMESPACE

from prompteval.core.params import TOOL_CHOICES, param_fault
from prompteval.core.problem import Problem, did_you_mean
from prompteval.core.secret import find_secrets
from prompteval.prompt.file_check import file_problems
from prompteval.prompt.messages import History, Part
from prompteval.prompt.source_places import ModuleSource, Place, Span, find_text, find_variable, place_at

if TYPE_CHECKING:
    from prompteval.prompt.prompt import Prompt


def check_prompt(prompt: "Prompt") -> list[Problem]:
    """Names the inputs do not have, inputs no template uses, missing includes, typed credentials.

    A prompt that was not loaded from a file has no place: its problems carry line 0.
    """
    return _Checker(prompt).problems()


def param_problems(prompt: "Prompt", module: ModuleSource | None) -> Iterator[Problem]:
    """Parameters that no model takes: each would be an error of every call."""
    for name, value in prompt.params.items():
        fault = param_fault(name, value)
        if fault is not None:
            place = module.argument("params", name) if module else (0, 0)
            yield Problem(prompt.path, *place, "PE334", *fault)


def credential_problem(path: str, place: Place, shown: str) -> Problem:
    """A credential that is typed in one of a prompt's files, shown without its secret part."""
    message = f"credential found in the prompt: {shown}"
    return Problem(path, *place, "PE330", message, "remove it and revoke it")


class _Checker:
    def __init__(self, prompt: "Prompt") -> None:
        self._prompt = prompt
        self._module = ModuleSource(prompt.source) if prompt.source else None
        self._known = set(prompt.inputs.model_fields)

    def problems(self) -> list[Problem]:
        found = [*self._secrets(), *param_problems(self._prompt, self._module), *self._tools()]
        found += file_problems(self._prompt, self._module)
        used: set[str] = set()
        for index, part in enumerate(self._prompt.messages):
            if isinstance(part, History):
                used.add(part.name)
                found += self._history(part, index)
            else:
                used |= self._prompt.variables(index) | {slot.name for slot in part.slots}
                found += self._part(part, index)
        for name in sorted(self._known - used):
            place = self._module.field(self._prompt.inputs.__name__, name) if self._module else (0, 0)
            message = f"input {name!r} is used by no template"
            found.append(Problem(self._prompt.path, *place, "PE304", message, "use it or remove it"))
        return found

    def _tools(self) -> Iterator[Problem]:
        """A choice among tools that are not there."""
        tools, module = self._prompt.known_tools, self._module
        for name in ("tool_choice", "parallel_tool_calls"):
            if name in self._prompt.params and not tools:
                place = module.argument("params", name) if module else (0, 0)
                message = f"params: {name} needs tools, and the prompt has none"
                yield Problem(self._prompt.path, *place, "PE334", message, "write tools=[...], or remove it")
        chosen = self._prompt.params.get("tool_choice")
        if tools and isinstance(chosen, str) and chosen not in (*TOOL_CHOICES, *tools):
            place = module.argument("params", "tool_choice") if module else (0, 0)
            help = did_you_mean(chosen, [*TOOL_CHOICES, *tools])
            help = help or f"known: {', '.join((*TOOL_CHOICES, *tools))}"
            message = f"params: unknown tool_choice {chosen!r}"
            yield Problem(self._prompt.path, *place, "PE334", message, help)

    def _secrets(self) -> Iterator[Problem]:
        """Credentials in the module, comments included, and in every template that it reads."""
        directory = self._prompt.path.rsplit("/", 1)[0]
        parts = [part for part in self._prompt.messages if isinstance(part, Part)]
        names = {part.path.removeprefix(f"{directory}/") for part in parts if part.file}
        names |= {
            name for index in range(len(self._prompt.messages)) for name in self._prompt.includes(index)
        }
        texts = {f"{directory}/{name}": self._prompt.files.get(name, "") for name in sorted(names)}
        texts[self._prompt.path] = self._prompt.source or "\n".join(part.text for part in parts)
        for path, text in texts.items():
            for offset, shown in find_secrets(text):
                yield credential_problem(path, self._place(text, offset, (0, 0)), shown)

    def _history(self, part: History, index: int) -> Iterator[Problem]:
        if part.name not in self._known:
            place: Place = (0, 0)
            if self._module is not None:
                span = self._module.message(index, len(self._prompt.messages), part.name)
                place = place_at(self._module.text, span[0])
            message = f"history slot {part.name!r} is not an input"
            help = did_you_mean(part.name, self._known)
            yield Problem(self._prompt.path, *place, "PE302", message, help)

    def _part(self, part: Part, index: int) -> Iterator[Problem]:
        text, span = self._text(part, index)
        path = part.path or self._prompt.path
        for name in sorted(self._prompt.variables(index) - self._known):
            yield self._undefined(name, path, text, span, index)
        for name in self._prompt.includes(index):
            if name not in self._prompt.files:
                message = f"included template {name!r} is not in the prompt's directory"
                place = self._place(text, find_text(text, name, span), span)
                yield Problem(path, *place, "PE303", message, did_you_mean(name, self._prompt.files))

    def _undefined(self, name: str, path: str, text: str, span: Span, index: int) -> Problem:
        """A variable that no input has; one that only an included file uses is in that file."""
        message, help = f"template variable {name!r} is not an input", did_you_mean(name, self._known)
        if name in DEFAULT_NAMESPACE:
            help = "templates have none of Jinja's own functions; compute it in a field of the inputs"
        offset = find_variable(text, name, span)
        if offset is None:
            directory = self._prompt.path.rsplit("/", 1)[0]
            for file in self._prompt.includes(index):
                inside = self._prompt.files.get(file, "")
                found = find_variable(inside, name)
                if found is not None:
                    return Problem(f"{directory}/{file}", *place_at(inside, found), "PE302", message, help)
        return Problem(path, *self._place(text, offset, span), "PE302", message, help)

    def _text(self, part: Part, index: int) -> tuple[str, Span]:
        """The file's text that a message is in, and which part of it is the message."""
        if part.file or self._module is None:
            return part.text, (0, len(part.text))
        return self._module.text, self._module.message(index, len(self._prompt.messages), part.text)

    def _place(self, text: str, offset: int | None, span: Span) -> Place:
        if self._module is None:
            return (0, 0)
        return place_at(text, span[0] if offset is None else offset)

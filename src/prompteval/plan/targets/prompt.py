"""A prompt and a model as a target: one case in, what happened out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from prompteval.cases.problem import Pointer
from prompteval.cases.record import Typed, Validate
from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded, RenderError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem
from prompteval.plan.fakes import Fakes
from prompteval.prompt.place import ModuleSource
from prompteval.prompt.prompt import Prompt


@dataclass(frozen=True)
class PromptPlan:
    """A version of a prompt, loaded; with `fakes` its tools are called, and what they do is part of it."""

    prompt: Prompt
    fakes: Fakes | None = None

    own_model = None

    @property
    def reference(self) -> str:
        return self.prompt.reference

    @property
    def name(self) -> str:
        return self.prompt.name

    @property
    def fingerprint(self) -> str:
        if self.fakes is None:
            return self.prompt.fingerprint
        return fingerprint([self.prompt.fingerprint, self.fakes.fingerprint, self.fakes.max_steps])

    @cached_property
    def validate(self) -> Validate:
        return case_validator(self.prompt)

    @property
    def output_fields(self) -> frozenset[str] | None:
        return self.prompt.output_names

    @property
    def typed(self) -> Typed:
        return typed_record(self.prompt)

    def problems(self) -> list[Problem]:
        return self.prompt.check()


def render_problems(targets: Sequence[object], case: Case) -> list[Problem]:
    """What keeps a case from being rendered: a forbidden operation, a value a template cannot use.

    Found before any call is made. A prompt whose templates have problems already is skipped,
    and so is what is not a prompt.
    """
    found = []
    for prompt in (target.prompt for target in targets if isinstance(target, PromptPlan)):
        if prompt.check():
            continue
        try:
            prompt.render(case.inputs)
        except (RenderError, DeadlineExceeded) as error:
            message = f"case {case.id!r} cannot be rendered: {error}"
            place = ModuleSource(prompt.source).prompt() if prompt.source else (0, 0)
            found.append(Problem(prompt.path, *place, "PE332", message))
    return found


def typed_record(prompt: Prompt) -> Typed:
    """Reads a raw case's cells and expected value as the prompt's types do."""

    def typed(raw: Mapping[str, Any]) -> Mapping[str, object]:
        found = dict(raw)
        if isinstance(raw.get("inputs"), dict):
            found["inputs"] = prompt.case_inputs(raw["inputs"])
        if raw.get("expected") is not None:
            found["expected"] = prompt.case_expected(raw["expected"])
        return found

    return typed


def case_validator(prompt: Prompt) -> Validate:
    """Checks a raw case's inputs and expected value against the prompt's types."""

    def validate(raw: Mapping[str, object]) -> list[tuple[Pointer, str, str]]:
        found = [
            (("inputs", *place), message, help) for place, message, help in prompt.input_errors(raw["inputs"])
        ]
        if raw.get("expected") is not None:
            errors = prompt.expected_errors(raw["expected"])
            found += [(("expected", *place), message, help) for place, message, help in errors]
        return found

    return validate

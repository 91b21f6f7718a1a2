"""A retrieval pipeline, with the prompt that answers, resolved and ready to be opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from prompteval.cases.problem import Pointer
from prompteval.cases.record import Typed, Validate
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem
from prompteval.plan.targets.prompt import case_validator, typed_record
from prompteval.prompt.prompt import Prompt

if TYPE_CHECKING:  # a suite without a pipeline loads none
    from prompteval.plan.rag.setup import RagSetup

# The input of the answer prompt that retrieval fills.
CONTEXT = "context"


@dataclass(frozen=True)
class RagPlan:
    """A pipeline with a version of its answer prompt, or alone where no mode asks a model."""

    setup: "RagSetup"
    prompt: Prompt | None = None

    @property
    def own_model(self) -> str | None:
        return None if self.prompt is not None and self.setup.section.generating else "retrieval"

    @property
    def calls_a_case(self) -> int:
        """How many calls of the model one case makes, rerankers aside."""
        return len(self.setup.section.generating)

    @property
    def reference(self) -> str:
        return self.prompt.reference if self.prompt is not None else self.name

    @property
    def name(self) -> str:
        return self.prompt.name if self.prompt is not None else f"rag:{self.setup.section.corpus}"

    @cached_property
    def fingerprint(self) -> str:
        """Over the prompt, the section, the documents and the encoders."""
        own = self.prompt.fingerprint if self.prompt is not None else ""
        return fingerprint([own, self.setup.fingerprint])

    @cached_property
    def validate(self) -> Validate | None:
        if self.prompt is None:
            return None
        inner = case_validator(self.prompt)

        def validate(raw: Mapping[str, Any]) -> list[tuple[Pointer, str, str]]:
            if CONTEXT in raw["inputs"]:
                return [(("inputs", CONTEXT), f"{CONTEXT} is filled by retrieval", "remove it from the case")]
            return inner({**raw, "inputs": {**raw["inputs"], CONTEXT: []}})

        return validate

    @property
    def output_fields(self) -> frozenset[str] | None:
        return self.prompt.output_names if self.prompt is not None else None

    @property
    def typed(self) -> Typed | None:
        return typed_record(self.prompt) if self.prompt is not None else None

    def problems(self) -> list[Problem]:
        if self.prompt is None:
            return []
        found = self.prompt.check()
        if self.setup.section.generating and CONTEXT not in self.prompt.inputs.model_fields:
            message = f"the prompt has no input {CONTEXT!r} for what was retrieved"
            help = "add `context: list[Passage]` to its inputs"
            found.append(Problem(self.prompt.path, 1, 1, "PE273", message, help))
        return found

"""A prompt that is named and there, where no Python of the workspace may run."""

from dataclasses import dataclass

from prompteval.cases.record import Typed, Validate
from prompteval.core.errors import InvalidInput
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.problem import Problem
from prompteval.plan.prompt_references import PromptReference, find_reference
from prompteval.prompt.unimported import unimported_problems
from prompteval.workspace.discovery import PromptFile
from prompteval.workspace.tree import Tree


@dataclass(frozen=True)
class UnimportedPrompt:
    """A version of a prompt as a target that can be checked, not opened; cases are read without its types."""

    file: PromptFile
    fingerprint: str

    own_model = None
    validate: Validate | None = None
    typed: Typed | None = None
    output_fields: frozenset[str] | None = None

    @property
    def reference(self) -> str:
        return self.file.reference

    @property
    def name(self) -> str:
        return self.file.name

    def problems(self) -> list[Problem]:
        return []


def find_unimported(tree: Tree, reference: PromptReference) -> UnimportedPrompt:
    """The version of a prompt that a suite names.

    Raises UsageError for an unknown name, version or alias, InvalidInput for what can be seen to be wrong.
    """
    file = find_reference(tree, reference)
    problems = unimported_problems(tree, file)
    if problems:
        raise InvalidInput(problems)
    return UnimportedPrompt(file, fingerprint_bytes(tree.read(file.path)))

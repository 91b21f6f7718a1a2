"""Files that the models of a suite are not sent: found before anything is asked."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from prompteval.cases.places import value_place
from prompteval.core.case import Case
from prompteval.core.errors import PromptevalError
from prompteval.core.media import KINDS, MOST_SENT_BYTES, SHORT_NAMES, File, described, files_in, kind_of
from prompteval.core.problem import Problem
from prompteval.core.protocols import FileProvider
from prompteval.core.text import counted
from prompteval.prompt.messages import Part
from prompteval.prompt.prompt import Prompt
from prompteval.providers.open import open_provider
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import Tree

CODE = "PE343"
_OTHER_MODEL = "choose a model that takes files"


def file_types_of(model: str, workspace: Workspace) -> frozenset[str] | None:
    """The media types that a model takes; None for one that cannot be opened, which is said elsewhere."""
    try:
        provider = open_provider(model, workspace)
    except PromptevalError:
        return None
    return provider.file_types if isinstance(provider, FileProvider) else frozenset()


def prompt_file_problems(prompt: Prompt, model: str, workspace: Workspace) -> Iterator[Problem]:
    """A prompt with files for a model that takes none, or none like those beside the prompt's module."""
    if not prompt.takes_files:
        return
    taken = file_types_of(model, workspace)
    if taken is None:
        return
    for part in (part for part in prompt.messages if isinstance(part, Part) and part.slots):
        place = (prompt.path, *part.written, CODE)
        if not taken:
            yield Problem(*place, f"{model} takes no files, and {prompt.reference} has some", _OTHER_MODEL)
            return
        for slot in part.slots:
            if slot.found is not None and slot.found.media_type not in taken:
                message = f"{slot.beside} is {described(slot.found.media_type)}: {_not_taken(model, taken)}"
                yield Problem(*place, message, _advice(taken, slot.found.media_type))


class CaseFiles:
    """Looks at the files of cases for models that do not take them.

    Each type is said once for a model, at its first case, with the number of the others (`not_taken`).
    """

    def __init__(
        self,
        prompts: Sequence[Prompt],
        models: Sequence[str],
        workspace: Workspace,
        splits: Collection[str | None],
    ) -> None:
        """`splits` are those that the suite takes, none where it takes all."""
        self._inputs = [prompt.file_inputs for prompt in prompts if prompt.file_inputs]
        self._taken: Mapping[str, frozenset[str]] = {
            model: taken
            for model in (models if self._inputs else ())
            if (taken := file_types_of(model, workspace))  # one that takes none is said at the prompt
        }
        self._splits = splits
        self._first: dict[tuple[str, str], tuple[str, Case, str]] = {}
        self._cases: Counter[tuple[str, str]] = Counter()

    def problems(self, case: Case, path: str) -> list[Problem]:
        """What is wrong with the files of a case for every model; what some do not take is counted."""
        if self._splits and case.split not in self._splits:
            return []
        wrong = {
            (model, file.media_type): name
            for name, file in (pair for inputs in self._inputs for pair in inputs.each(case.inputs))
            for model, taken in self._taken.items()
            if isinstance(file, File) and file.media_type not in taken
        }
        for key, name in wrong.items():
            self._first.setdefault(key, (path, case, name))
        self._cases.update(wrong.keys())
        return list(self._too_large(case, path))

    def not_taken(self, tree: Tree) -> Iterator[Problem]:
        """What the models do not take of the cases that were looked at, which are in `tree`."""
        for (model, media_type), (path, case, name) in self._first.items():
            place = value_place(tree, path, case, ("inputs", name))
            taken, others = self._taken[model], self._cases[model, media_type] - 1
            more = f", as in {counted(others, 'more case')}" if others else ""
            what = f"case {case.id!r}: inputs.{name} is {described(media_type)}"
            message = f"{what}{more}: {_not_taken(model, taken)}"
            yield Problem(path, *place, CODE, message, _advice(taken, media_type))

    def _too_large(self, case: Case, path: str) -> Iterator[Problem]:
        size = sum(file.size for file in files_in(case.inputs))
        if size > MOST_SENT_BYTES:
            what = f"case {case.id!r}: its files have {size:,} bytes together"
            message = f"{what}, at most {MOST_SENT_BYTES:,} are sent"
            yield Problem(path, case.line, 1, CODE, message, "show fewer, or smaller ones")


def _advice(taken: frozenset[str], media_type: str) -> str:
    """What to do about a file of a type that is not among those taken."""
    kinds = {kind_of(one) for one in taken}
    if kind_of(media_type) in kinds:
        return "choose another model, or save the file in another format"
    wanted = json.dumps([kind for kind in KINDS if kind in {*kinds, kind_of(media_type)}])
    return f"choose another model, or write `files = {wanted}` in a profile whose server takes them"


def _not_taken(model: str, taken: frozenset[str]) -> str:
    names = [short for name, short in SHORT_NAMES.items() if name in taken]
    return f"{model} takes {', '.join(names)} alone"

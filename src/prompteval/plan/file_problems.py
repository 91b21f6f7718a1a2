"""Files that the models of a suite are not sent: found before anything is asked."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from prompteval.core.case import Case
from prompteval.core.errors import PromptevalError
from prompteval.core.media import MOST_SENT_BYTES, SHORT_NAMES, File, described, files_in
from prompteval.core.problem import Problem
from prompteval.core.protocols import FileProvider
from prompteval.prompt.messages import Part
from prompteval.prompt.prompt import Prompt
from prompteval.providers.open import open_provider
from prompteval.workspace.settings import Workspace

CODE = "PE343"
_OTHER_MODEL = "choose a model that takes files"
_PROFILE = (
    'choose another model, or write `files = ["image", "pdf", "audio"]` in a profile whose server takes them'
)


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
        place = (part.path or prompt.path, part.line, part.column, CODE)
        if not taken:
            yield Problem(*place, f"{model} takes no files, and {prompt.reference} has some", _OTHER_MODEL)
            return
        for slot in part.slots:
            if slot.found is not None and slot.found.media_type not in taken:
                message = f"{slot.beside} is {described(slot.found.media_type)}: {_not_taken(model, taken)}"
                yield Problem(*place, message, _PROFILE)


class CaseFiles:
    """Looks at the files of cases for models that do not take them; each kind is said once for a model."""

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
        self._said: set[tuple[str, str]] = set()

    def problems(self, case: Case, path: str) -> list[Problem]:
        """What the models do not take of a case."""
        if self._splits and case.split not in self._splits:
            return []
        found = list(self._too_large(case, path))
        for name, file in (pair for inputs in self._inputs for pair in inputs.each(case.inputs)):
            if not isinstance(file, File):
                continue
            for model, taken in self._taken.items():
                if file.media_type not in taken and (model, file.media_type) not in self._said:
                    self._said.add((model, file.media_type))
                    what = f"case {case.id!r}: inputs.{name} is {described(file.media_type)}"
                    message = f"{what}: {_not_taken(model, taken)}"
                    found.append(Problem(path, case.line, 1, CODE, message, _PROFILE))
        return found

    def _too_large(self, case: Case, path: str) -> Iterator[Problem]:
        size = sum(file.size for file in files_in(case.inputs))
        if size > MOST_SENT_BYTES:
            what = f"case {case.id!r}: its files have {size:,} bytes together"
            message = f"{what}, at most {MOST_SENT_BYTES:,} are sent"
            yield Problem(path, case.line, 1, CODE, message, "show fewer, or smaller ones")


def _not_taken(model: str, taken: frozenset[str]) -> str:
    names = [short for name, short in SHORT_NAMES.items() if name in taken]
    return f"{model} takes {', '.join(names)} alone"

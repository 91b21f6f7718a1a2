"""The inputs of a case as people read them, with the files by their paths, kinds and sizes."""

from collections.abc import Iterator, Mapping

from prompteval.core.case import Case
from prompteval.core.media import is_file_value, with_file_texts


def shown_inputs(case: Case) -> object:
    """The inputs of a case, in which each file is a text: `images/red.png, a PNG image, 73 bytes, ...`."""
    if not isinstance(case.inputs, Mapping):
        return with_file_texts(case.inputs)
    return {name: _shown(case, str(name), value) for name, value in case.inputs.items()}


def shown_by_file(case: Case) -> Iterator[tuple[str, object, object]]:
    """(name, value, shown) of each input of a case whose inputs are a mapping, and of each file of a list."""
    for name, value in case.inputs.items():
        shown = _shown(case, str(name), value)
        if isinstance(shown, list) and shown and all(map(is_file_value, value)):
            for number, (one, text) in enumerate(zip(value, shown, strict=True), 1):
                yield f"{name} {number}" if len(shown) > 1 else str(name), one, text
        else:
            yield str(name), value, shown


def _shown(case: Case, name: str, value: object) -> object:
    return with_file_texts(value, iter(case.file_paths.get(name, ())))

"""The inputs of a case as people read them, with the files by their paths, kinds and sizes."""

from collections.abc import Mapping

from prompteval.core.case import Case
from prompteval.core.media import with_file_texts


def shown_inputs(case: Case) -> object:
    """The inputs of a case, in which each file is a text: `images/red.png, a PNG image, 73 bytes, ...`."""
    if not isinstance(case.inputs, Mapping):
        return with_file_texts(case.inputs)
    return {
        name: with_file_texts(value, iter(case.file_paths.get(str(name), ())))
        for name, value in case.inputs.items()
    }

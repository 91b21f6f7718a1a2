"""Python that is read and not run."""

import ast
import warnings


def parse_python(source: str | bytes) -> ast.Module:
    """The tree of a module, without the warnings that Python has for its text.

    Raises SyntaxError or another ValueError for what is not Python, also where it is nested so deeply, or
    added up of so many parts, that Python's parser has no room for it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (RecursionError, MemoryError):
            raise ValueError("nested too deeply") from None

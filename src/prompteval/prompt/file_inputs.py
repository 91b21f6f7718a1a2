"""Which inputs of a prompt are files, and the files among the values of them."""

import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from prompteval.core.case import Cell
from prompteval.core.media import File, FileValue, WrongFile, read_data_url

Count = Literal["one", "many"]
Read = Callable[[str], FileValue | str]
_LISTS = (list, tuple, Sequence, typing.Sequence)


class FileInputs:
    """The fields of a model that are files: `names` says whether each is one, or many.

    `misplaced` are the paths of files that are deeper, or beside other types: no message can place them.
    """

    def __init__(self, model: type[BaseModel], name_of: Callable[[str], str]) -> None:
        self.names: dict[str, Count] = {}
        self.misplaced: list[str] = []
        self._name_of = name_of
        for name, field in model.model_fields.items():
            count = _count(field.annotation)
            if count is not None:
                self.names[name] = count
            elif place := _inside(field.annotation, name, frozenset({model})):
                self.misplaced.append(place)

    def __bool__(self) -> bool:
        return bool(self.names)

    def read(self, inputs: Mapping[str, object], read: Read) -> Mapping[str, object]:
        """Inputs of a case whose texts that name files are what `read` makes of them."""
        found = dict(inputs)
        for key, value in inputs.items():
            count = self.names.get(self._name_of(key))
            if count == "many":
                value = value.value() if isinstance(value, Cell) else value
                if isinstance(value, list):
                    found[key] = [read(one) if _is_text(one) else one for one in value]
            elif count == "one" and _is_text(value) and value:
                found[key] = read(str(value))
        return found

    def decoded(self, inputs: Mapping[str, object]) -> Mapping[str, object]:
        """Inputs whose data URLs are files, or wrong ones: each is decoded once. Other texts stay."""
        return self.read(inputs, lambda text: read_data_url(text) or text)

    def stored(self, inputs: Mapping[str, object]) -> Mapping[str, object]:
        """Inputs whose files are their values, without content; a data URL that is none is not kept."""
        if not self.names:
            return inputs
        found = dict(inputs)
        for key, value in inputs.items():
            if self._name_of(key) in self.names:
                found[key] = _stored(value)
        return found

    def known(self, inputs: object) -> dict[str, File | WrongFile]:
        """What stands for each file once the inputs are JSON, by hash or by text."""
        return {one if isinstance(one, WrongFile) else one.sha256: one for _, one in self.each(inputs)}

    def each(self, inputs: object) -> Iterator[tuple[str, File | WrongFile]]:
        """(name as it is given, file) of each file in inputs."""
        for key, value in inputs.items() if isinstance(inputs, Mapping) and self.names else ():
            for one in value if isinstance(value, list | tuple) else (value,):
                one = one.file if isinstance(one, FileValue) else one
                if isinstance(one, File | WrongFile):
                    yield str(key), one

    def placed(self, values: Mapping[str, object]) -> dict[str, tuple[File, ...]]:
        """The files of validated inputs by the names of their fields; none where an input is None."""
        found = {}
        for name in self.names:
            value = values[name]
            several = value if isinstance(value, list | tuple) else (value,)
            found[name] = tuple(one for one in several if isinstance(one, File))
        return found


def _stored(value: object) -> object:
    if isinstance(value, File):
        return value.value
    if isinstance(value, list | tuple):
        return [_stored(one) for one in value]
    if not isinstance(value, str):
        return value
    try:
        return File.of_data_url(value).value
    except ValueError:
        return None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, WrongFile)


def _bare(annotation: Any) -> Any:
    """A type without its annotations, and without None where it is one type or None."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        others = [one for one in get_args(annotation) if one is not NoneType]
        return _bare(others[0]) if len(others) == 1 else annotation
    return annotation


def _count(annotation: Any) -> Count | None:
    bare = _bare(annotation)
    if bare is File:
        return "one"
    of_list = get_origin(bare) in _LISTS and all(_bare(one) in (File, Ellipsis) for one in get_args(bare))
    return "many" if of_list and get_args(bare) else None


def _inside(annotation: Any, path: str, seen: frozenset[type]) -> str:
    """The path of a file somewhere in a type; empty without one."""
    bare = _bare(annotation)
    if bare is File:
        return path
    if isinstance(bare, type) and issubclass(bare, BaseModel) and bare not in seen:
        inner = ((f"{path}.{name}", field.annotation) for name, field in bare.model_fields.items())
        found = (_inside(one, place, seen | {bare}) for place, one in inner)
    else:
        found = (_inside(one, path, seen) for one in get_args(bare))
    return next(filter(None, found), "")


def file_in(annotation: Any) -> bool:
    """Whether a type holds a File anywhere."""
    return bool(_inside(annotation, "it", frozenset()))

"""Files as models: pydantic validates them, and what it finds becomes problems, each at its place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from prompteval.core.problem import Collector, nearest, unknown_keys
from prompteval.core.ranges import shown

Location = tuple[Any, ...]
# Of one list or mapping: nobody writes more by hand, and each of them may be wrong.
MOST_ITEMS = 10_000

_WANTED = {
    "list_type": "a list",
    "too_long": f"a list of at most {MOST_ITEMS:,}",
    "too_short": "a non-empty list",
    "string_type": "a string",
    "string_too_short": "a non-empty string",
    "string_unicode": "a string of whole characters",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
}


def problem(message: str, help: str = "", *, code: str = "", at_key: bool = False) -> PydanticCustomError:
    """What a validator raises: a whole message, at the value or at the key that is wrong."""
    return _error("problem", message=message, help=help, code=code, at_key=at_key)


def wanted(what: str, value: object, help: str = "", *, code: str = "") -> PydanticCustomError:
    """The same for a value of the wrong kind: `FIELD is WHAT, not VALUE`."""
    return _error("wanted", what=what, value=shown(value), help=help, code=code)


def problems_at(found: Mapping[Location, PydanticCustomError]) -> ValidationError:
    """Several of them, for a validator of a list or a mapping to raise."""
    return ValidationError.from_exception_data("file", [_line(error, loc) for loc, error in found.items()])


# What pydantic says where nobody translates: a model that an application makes itself. Of a file `validate`
# makes the text, with the name of the value.
_TEXTS = {"problem": "{message}", "wanted": "must be {what}, not {value}", "unknown": "unknown key ({help})"}


def _error(kind: str, **context: object) -> PydanticCustomError:
    return PydanticCustomError(kind, _TEXTS.get(kind, kind), context)


def _line(error: PydanticCustomError, place: Location) -> InitErrorDetails:
    return InitErrorDetails(type=error, loc=place, input=None)


def error_lines(error: ValidationError) -> list[ErrorDetails]:
    """What pydantic found, each with its place; one line for all where that is longer than anyone reads.

    A reply or a case may hold a million values of the wrong type, and each takes half a kilobyte to tell.
    """
    count = error.error_count()
    if count > MOST_ITEMS:
        return [{"type": "too_many", "loc": (), "msg": f"{count:,} values are wrong", "input": None}]
    return error.errors(include_url=False)


class FileModel(BaseModel):
    """A part of a file. Unknown keys are refused at every depth, and no value becomes one of another type.

    `code` is the code of its problems, `unknown_code` that of its unknown keys where it is another;
    `mapping` is the word of the file's format for what the model is read from.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)
    code: ClassVar[str]
    unknown_code: ClassVar[str] = ""
    mapping: ClassVar[str] = "a mapping"

    @classmethod
    def refused(cls, raw: Mapping[object, object]) -> Mapping[Location, PydanticCustomError]:
        """What is wrong with keys taken together, by place; a key of its own is not looked at again."""
        return {}

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, raw: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Every problem of the model in one error. A million lines of a file come this way."""
        found, raw = cls._beyond_fields(raw) if isinstance(raw, dict) else ([], raw)
        try:
            model = handler(raw)
        except ValidationError as error:
            known = {line["loc"] for line in found}
            lines = [line for line in error.errors(include_url=False) if line["loc"] not in known]
            raise ValidationError.from_exception_data(
                cls.__name__, [*found, *(cls._said(line) for line in lines)]
            ) from None
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found)
        return model

    @classmethod
    def _beyond_fields(cls, raw: dict[object, object]) -> tuple[list[InitErrorDetails], dict[object, object]]:
        """(what is wrong beside the fields, what is left for them to read).

        Of a million unknown keys the first ones, and the number of the rest.
        """
        known, refused = cls.__pydantic_fields__, cls.refused(raw)
        if not refused and raw.keys() <= known.keys():
            return [], raw
        found = []
        for place, error in refused.items():
            context = dict(error.context or {})
            found.append(_line(_error(error.type, **{**context, "code": context["code"] or cls.code}), place))
        unknown, more = unknown_keys([key for key in raw if (key,) not in refused], known)
        code = cls.unknown_code or cls.code
        found += [_line(_error("unknown", help=help, code=code), (key,)) for key, help in unknown]
        found += [_line(_error("more", count=more, code=code), ())] if more else []
        return found, {key: raw[key] for key in known if key in raw and (key,) not in refused}

    @classmethod
    def _said(cls, line: ErrorDetails) -> InitErrorDetails:
        """One of pydantic's errors with the model's code, and what its field would look like."""
        place, kind, context = line["loc"], line["type"], dict(line.get("ctx", {}))
        if "code" not in context:
            what, help = _WANTED.get(kind, line["msg"]), ""
            if kind in ("model_type", "dict_type"):
                what = cls.mapping
            if kind == "string_pattern_mismatch":
                what = f"a string that matches {context['pattern']}"
            if kind == "literal_error":
                what = str(context["expected"]).replace("'", "")
                near = nearest(line["input"], what.replace(" or ", ", ").split(", "))
                help = f"did you mean {near!r}?" if near else ""
            context = {"what": what, "value": shown(line["input"]), "help": help}
            kind = kind if kind == "missing" else "wanted"
        if kind == "wanted":
            context.setdefault("value", shown(line["input"]))
        field = cls.model_fields.get(str(place[0])) if len(place) == 1 else None
        if kind in ("wanted", "missing") and not context["help"] and field is not None and field.examples:
            context["help"] = f"such as {field.examples[0]}"
        context["code"] = context.get("code") or cls.code
        return InitErrorDetails(type=_error(kind, **context), loc=place, input=line["input"])


Model = TypeVar("Model", bound=FileModel)


def last_name(place: Location) -> str:
    """How a message calls the value at `place`."""
    name = next((part for part in reversed(place) if isinstance(part, str)), "it")
    return f"an entry of {name}" if place and isinstance(place[-1], int) else name


def last_part(place: Location) -> str:
    """How a message calls the part of a file that an unknown key is in."""
    return f" in {last_name(place)}" if place else ""


def validate(
    model: type[Model],
    raw: object,
    collector: Collector,
    place_of: Callable[[Location, bool], tuple[int, int]],
    name_of: Callable[[Location], str] = last_name,
    part_of: Callable[[Location], str] = last_part,
    context: object = None,
) -> Model | None:
    """The model of what a file holds, or None with every problem noted.

    `place_of(location, is_key)` knows lines and columns, `name_of` how a value is called, and `part_of`
    how the part of the file with an unknown key is. Validators are given `context`.
    """
    try:
        return model.model_validate(raw, context=context)
    except ValidationError as error:
        for line in error.errors(include_url=False, include_input=False):
            place, kind, details = line["loc"], line["type"], line.get("ctx", {})
            at_key = kind == "unknown" or details.get("at_key", False)
            if kind == "more" or collector.full:
                collector.skip(details.get("count", 1))
                continue
            if kind == "unknown":
                message = f"unknown key {place[-1]!r}{part_of(place[:-1])}"
            elif kind == "problem":
                message = details["message"]
                if message.startswith("{name}"):
                    message = name_of(place) + message.removeprefix("{name}")
            elif kind == "missing":
                message = f"{name_of(place)} is missing"
            else:
                message = f"{name_of(place)} must be {details['what']}, not {details['value']}"
            collector.add(*place_of(place, at_key), details["code"], message, details.get("help", ""))
        return None


def any_of(*keys: str, together: Sequence[str] = ()) -> ConfigDict:
    """The schema of a model whose `refused` asks for one of some keys, and for others only `together`."""
    extra: dict[str, Any] = {"anyOf": [{"required": [key]} for key in keys]}
    if together:
        extra["dependentRequired"] = {key: [one for one in together if one != key] for key in together}
    return ConfigDict(json_schema_extra=extra)


class _Plain(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema of a file, for editors."""
    found = model.model_json_schema(schema_generator=_Plain)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": title}

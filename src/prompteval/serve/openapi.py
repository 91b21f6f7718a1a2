"""The service's OpenAPI document: inputs and output of every prompt, as their own models say."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from prompteval._version import __version__
from prompteval.serve.problems import TITLES
from prompteval.serve.served import Names, Served

_REFUSALS = (400, 401, 404, 408, 413, 415, 422, 429, 503, 504)


class Strict(BaseModel):
    """No key is unknown."""

    model_config = ConfigDict(extra="forbid")


class UsageModel(Strict):
    """Tokens of the call; null where the model does not tell."""

    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    estimated: bool


class ToolCallModel(Strict):
    """A call of a tool that the model asks for, and the application makes."""

    id: str
    name: str
    arguments: dict[str, Any]


class InputError(Strict):
    """What is wrong with one input."""

    field: str
    message: str


class ProblemModel(Strict):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[InputError] | None = None


class FeedbackModel(Strict):
    """What somebody says of an answer: the right label, or a score."""

    request_id: str = Field(pattern="^[0-9a-f]{32}$")
    label: Any = None
    score: float | None = None
    comment: str | None = None


class AcceptedModel(Strict):
    """The feedback is written down."""

    request_id: str


class StatusModel(Strict):
    """The worker is there."""

    status: Literal["ok", "ready"]


def openapi(names: Names, has_tokens: bool) -> bytes:
    """The document as JSON."""
    from fastapi.openapi.utils import get_openapi
    from fastapi.routing import APIRoute

    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": ProblemModel, "description": TITLES[status]} for status in _REFUSALS
    }

    def route(path: str, method: str, endpoint: Callable[..., None], answer: Any, **more: Any) -> APIRoute:  # noqa: ANN401
        return APIRoute(path, endpoint, methods=[method], response_model=answer, **more)

    routes = [
        route(
            f"/v1/prompts/{name}", "POST", _asking(name, served), _answer(name, served),
            operation_id=_identifier(name), responses=problems, summary=served.bound.prompt.reference,
            description=served.bound.prompt.description or f"The prompt {served.bound.prompt.reference}.",
        )
        for name, served in names.items()
    ]  # fmt: skip
    routes += [
        route("/v1/feedback", "POST", _feedback, AcceptedModel, status_code=202, responses=problems),
        route("/healthz", "GET", _nothing, StatusModel),
        route("/readyz", "GET", _nothing, StatusModel, responses={503: problems[503]}),
    ]
    document = get_openapi(title="prompteval", version=__version__, routes=routes)
    if has_tokens:
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"bearer": []}]
    return json.dumps(_own(document)).encode("ascii")


def _asking(name: str, served: Served) -> Callable[..., None]:
    """A function that takes the inputs, for its signature alone."""

    def ask(inputs: BaseModel) -> None:
        """Its signature is what is read."""

    inputs = served.bound.prompt.inputs
    ask.__annotations__["inputs"] = create_model(f"{_identifier(name)}_inputs", __base__=inputs)
    return ask


def _answer(name: str, served: Served) -> type[BaseModel]:
    fields: dict[str, Any] = {
        "output": (served.bound.prompt.output, ...),
        "prompt": (str, ...),
        "fingerprint": (str, ...),
        "model": (str, ...),
        "request_id": (str, ...),
        "usage": (UsageModel | None, ...),
        "latency_ms": (float, ...),
        "confidence": (float | None, None),
    }
    if served.bound.prompt.tools:
        fields["output"] = (served.bound.prompt.output | None, None)
        fields["tool_calls"] = (list[ToolCallModel] | None, None)
    made: type[BaseModel] = create_model(f"{_identifier(name)}_answer", __base__=Strict, **fields)
    return made


def _feedback(inputs: FeedbackModel) -> None:
    """Its signature is what is read."""


def _nothing() -> None:
    """It takes nothing."""


def _identifier(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _own(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without FastAPI's own form of a 422: ours is a problem as every other."""
    found = dict(document)
    schemas = found.get("components", {}).get("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return found

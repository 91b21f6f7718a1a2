"""What `extra_body` of a profile would replace in the body that a prompt makes."""

from dataclasses import replace

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.api import api_of
from prompteval.providers.openai.shape import Shape, shape_of
from prompteval.workspace.settings import ModelProfile


def replaced_fields(kind: str, profile: ModelProfile, request: Request) -> list[str]:
    """Fields of the body of a request, as `outer.inner`; none for what the API cannot be asked at all."""
    if not profile.extra_body:
        return []
    shape = shape_of(profile)
    try:
        return sorted(shape.replaced(_body(kind, profile.model, request, replace(shape, extra_body={}))))
    except ProviderError:  # reported for what it is
        return []


def _body(kind: str, model: str, request: Request, shape: Shape) -> JsonObject:
    if kind == "anthropic":
        from prompteval.providers.anthropic.body import request_body as of_anthropic

        return of_anthropic(model, request, shape)
    if kind == "gemini":
        from prompteval.providers.gemini.body import request_body as of_gemini

        return of_gemini(model, request, shape)
    return api_of(shape).body(model, request, shape)

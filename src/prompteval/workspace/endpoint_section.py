"""The `endpoint:` section of a suite."""

from typing import Annotated

from pydantic import AfterValidator, Field

from prompteval.workspace.field_types import Ranged
from prompteval.workspace.urls import address_fault
from prompteval.workspace.validation import FileModel, problem


def _http(url: str) -> str:
    if fault := address_fault(url):
        raise problem(f"{{name}} {fault}")
    return url


HttpUrl = Annotated[str, AfterValidator(_http)]


class EndpointSection(FileModel):
    """The team's own application: it takes a case's inputs as JSON by POST and answers with JSON."""

    code = "PE220"

    url: HttpUrl = Field(description="Where the inputs go.", examples=["http://127.0.0.1:8000/answer"])
    headers: dict[str, str] = Field({}, description="Headers of each request.", examples=["{NAME: VALUE}"])
    headers_env: dict[str, str] = Field(
        {},
        description="Headers with secret values, and the variables that hold them.",
        examples=["{NAME: VARIABLE}"],
    )
    output: str = Field(
        "",
        description="The dotted path of the output in the answer; empty for all of it.",
        examples=["reply.text"],
    )
    timeout_s: Annotated[float, Ranged("timeout_s")] = Field(60.0, description="The time for one answer.")

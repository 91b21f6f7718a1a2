"""`endpoint: {url: ...}`: the team's own application, called over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prompteval.cases.record import Typed, Validate
from prompteval.core.address import without_credentials
from prompteval.core.errors import UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem
from prompteval.plan.conversation.user import SimulatedUser, with_user
from prompteval.plan.results.mapping import ResultMap
from prompteval.workspace.endpoint_section import EndpointSection
from prompteval.workspace.settings import Workspace


@dataclass(frozen=True)
class EndpointPlan:
    """An HTTP endpoint that takes a case's inputs as JSON by POST and answers with JSON.

    `headers_env` names the variables that hold secret header values; they are read at the call
    and never stored. `output` is a dotted path into the answer, empty for the whole of it. `result`
    says that the answer is a result, `mapping` how a result is made of it. `user` plays the user of a
    conversation.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    headers_env: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    timeout_s: float = 60.0
    result: bool = False
    mapping: ResultMap | None = None
    user: SimulatedUser | None = None

    own_model = "endpoint"
    validate: Validate | None = None
    typed: Typed | None = None
    output_fields: frozenset[str] | None = None

    @property
    def reference(self) -> str:
        return f"endpoint:{without_credentials(self.url)}"

    @property
    def name(self) -> str:
        return self.reference

    @property
    def fingerprint(self) -> str:
        """Over the request, not over the code behind it, which cannot be seen from here."""
        parts: list[object] = [without_credentials(self.url), dict(self.headers), self.output]
        if self.result or self.mapping is not None:
            parts += [self.result, dict(self.mapping.texts) if self.mapping is not None else None]
        return with_user(fingerprint(parts), self.user)

    def problems(self) -> list[Problem]:
        return []


def plan_endpoint(
    section: EndpointSection, workspace: Workspace, result: bool = False, mapping: ResultMap | None = None
) -> EndpointPlan:
    """The endpoint a suite describes. Raises UsageError for a variable that a suite may not read."""
    if section.output and mapping is not None:
        raise UsageError("endpoint: output and map both say where the output is", "keep it in `map:`")
    for variable in section.headers_env.values():
        if variable not in workspace.settings.env:
            message = f"endpoint: headers_env reads {variable}, which env in the settings does not list"
            raise UsageError(message, f'add env = ["{variable}"] to {workspace.config_path.name}')
    return EndpointPlan(**section.model_dump(), result=result, mapping=mapping)

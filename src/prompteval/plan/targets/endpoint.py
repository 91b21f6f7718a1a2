"""`endpoint: {url: ...}`: the team's own application, called over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prompteval.cases.record import Typed, Validate
from prompteval.core.address import without_credentials
from prompteval.core.errors import UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem, did_you_mean
from prompteval.workspace.settings import Workspace

KEYS = frozenset({"url", "headers", "headers_env", "output", "timeout_s"})


@dataclass(frozen=True)
class EndpointPlan:
    """An HTTP endpoint that takes a case's inputs as JSON by POST and answers with JSON.

    `headers_env` names the variables that hold secret header values; they are read at the call
    and never stored. `output` is a dotted path into the answer, empty for the whole of it.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    headers_env: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    timeout_s: float = 60.0

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
        return fingerprint([without_credentials(self.url), dict(self.headers), self.output])

    def problems(self) -> list[Problem]:
        return []


def plan_endpoint(raw: Mapping[str, Any], workspace: Workspace) -> EndpointPlan:
    """The endpoint a suite describes.

    Raises ValueError for a key or value that is wrong, UsageError for a variable that the settings
    do not let a suite read.
    """
    for key in raw:
        if key not in KEYS:
            raise ValueError(f"endpoint: unknown key {key!r} ({did_you_mean(str(key), KEYS)})")
    url = raw.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ValueError("endpoint: url begins with http:// or https://")
    for name in ("headers", "headers_env"):
        table = raw.get(name, {})
        if not isinstance(table, Mapping) or not all(isinstance(value, str) for value in table.values()):
            raise ValueError(f"endpoint: {name} is a mapping of header names to texts")
    for variable in raw.get("headers_env", {}).values():
        if variable not in workspace.settings.env:
            message = f"endpoint: headers_env reads {variable}, which env in the settings does not list"
            raise UsageError(message, f'add env = ["{variable}"] to {workspace.config_path.name}')
    timeout_s = raw.get("timeout_s", 60.0)
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or timeout_s <= 0:
        raise ValueError("endpoint: timeout_s is a number above zero")
    output = raw.get("output", "")
    if not isinstance(output, str):
        raise ValueError("endpoint: output is a dotted path, such as reply.text")
    return EndpointPlan(url, raw.get("headers", {}), raw.get("headers_env", {}), output, float(timeout_s))

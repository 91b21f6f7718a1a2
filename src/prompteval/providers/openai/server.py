"""Which server a model is asked at, and what each request to it carries.

The variables of the openai package (OPENAI_API_KEY, OPENAI_ORG_ID, OPENAI_PROJECT_ID, OPENAI_CUSTOM_HEADERS)
are for the server that OPENAI_BASE_URL names, else for OpenAI's own. No other server gets what they hold.
"""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from prompteval.core.address import has_user, without_credentials
from prompteval.core.errors import ProviderError
from prompteval.core.secret import from_environment
from prompteval.providers.openai.errors import status_error
from prompteval.providers.openai.shape import Shape, shape_of
from prompteval.wire import HttpAnswer, open_session
from prompteval.workspace.profile_conflicts import OPENAI_ADDRESS_VARIABLE
from prompteval.workspace.profile_faults import base_url_fault
from prompteval.workspace.settings import ModelProfile, withheld

if TYPE_CHECKING:
    from aiohttp import ClientSession

OPENAI_URL: Final = "https://api.openai.com/v1"
OPENAI_KEY: Final = "OPENAI_API_KEY"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that speaks OpenAI's APIs, and how it takes what we ask.

    `key_env` is the variable that holds its key; where it is empty, no key is sent and none is needed.
    `openai_variables` says whether the other variables of the openai package are for this server, `kind` is
    how a reference to one of its models begins.
    """

    base_url: str
    key_env: str = ""
    shape: Shape = field(default_factory=Shape)
    openai_variables: bool = False
    kind: str = "openai"

    def check_ready(self, model: str) -> None:
        """Raise ProviderError(no_credentials) where a variable is not set, or a key is in the address."""
        if has_user(self.base_url):
            place = self.key_env or "the variable that api_key_env names"
            raise ProviderError(
                "no_credentials", f"base_url holds a user or password; the key belongs in {place}"
            )
        if fault := base_url_fault(self.base_url):  # of a variable: a profile's is checked with its file
            raise ProviderError(
                "no_credentials", f"the base URL {without_credentials(self.base_url)!r:.80} {fault[0]}"
            )
        if unset := self.shape.missing():
            raise ProviderError("no_credentials", f"{unset} is not set; headers_env of {model} reads it")
        if self.key_env and self.shape.needs_key and not os.environ.get(self.key_env, "").strip():
            raise ProviderError(
                "no_credentials", f"{self.key_env} is not set; {self.kind}/{model} needs a key"
            )

    def url(self, path: str) -> str:
        """The address of a path below the base URL."""
        return self.shape.url(self.base_url, path)

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        key = from_environment(self.key_env) if self.key_env else ""
        headers = {"Accept": "application/json", **self.shape.key_headers(key)}
        return _with_openai_variables(headers) if self.openai_variables else headers

    def open_session(self) -> "ClientSession":
        """A session whose requests carry `headers`."""
        return open_session(self.base_url, self.headers())

    def error_of(self, answer: HttpAnswer) -> ProviderError:
        """The error of an answer other than 200."""
        return status_error(answer, without_key=not self.key_env)


def server_of(profile: ModelProfile | None) -> Server:
    """The server of a profile, of `openai/<model>` without one.

    OPENAI_API_KEY is for the server of the environment; a profile with another `base_url` has a key only
    by its own `api_key_env`. Raises UsageError for a profile that is withheld.
    """
    url = server_url(profile)
    of_environment = url.rstrip("/") == _url_of_environment().rstrip("/")
    named = profile.api_key_env if profile is not None else None
    key_env = named or (OPENAI_KEY if of_environment else "")
    return Server(url, key_env, shape_of(profile), openai_variables=of_environment)


def server_url(profile: ModelProfile | None) -> str:
    """The base URL: the profile's, else OPENAI_BASE_URL, else OpenAI's own.

    Raises UsageError for a profile that is withheld.
    """
    if profile is not None and profile.withheld:
        raise withheld(profile)
    return (profile and profile.base_url) or _url_of_environment()


def _url_of_environment() -> str:
    return os.environ.get(OPENAI_ADDRESS_VARIABLE) or OPENAI_URL


def _with_openai_variables(headers: dict[str, str]) -> dict[str, str]:
    found = dict(headers)
    for name, variable in (("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID")):
        if os.environ.get(variable):
            found[name] = os.environ[variable]
    for line in os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            for known in [known for known in found if known.lower() == name.strip().lower()]:
                del found[known]
            found[name.strip()] = value.strip()
    return found

"""Which server one of the native APIs is asked at, and what each request to it carries."""

import os
import re
from dataclasses import dataclass, replace
from typing import Final

from prompteval.providers.openai.server import Server
from prompteval.providers.openai.shape import shape_of
from prompteval.workspace.settings import ModelProfile, withheld

# What the last part of a path looks like where it is a version of an API.
_VERSION: Final = re.compile(r"v\d{1,9}(?:(?:alpha|beta)\d{0,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class NativeApi:
    """An API by the kind of its models: its own server and variables, and the headers of each request.

    `versioned` is the part of the path that a base URL is given whose path does not end with a version.
    """

    kind: str
    url: str
    url_variable: str
    key_variable: str
    key_header: str
    headers: tuple[tuple[str, str], ...] = ()
    versioned: str = ""

    def server_url(self, profile: ModelProfile | None) -> str:
        """The base URL: the profile's, else the variable's, else the API's own.

        Raises UsageError for a profile that is withheld.
        """
        if profile is not None and profile.withheld:
            raise withheld(profile)
        found = (profile and profile.base_url) or self._url_of_environment()
        base, mark, query = found.partition("#")[0].partition("?")
        base = base.rstrip("/")
        path = base.partition("://")[2].partition("/")[2]
        if not _VERSION.fullmatch(path.rpartition("/")[2]):
            base += self.versioned
        return base + mark + query

    def server_of(self, profile: ModelProfile | None) -> Server:
        """The server of a profile, of `KIND/MODEL` without one.

        The API's own variable holds the key for the server of the environment; a profile with another
        `base_url` has a key only by its own `api_key_env`.
        """
        named = profile.api_key_env if profile is not None else None
        given = (profile.base_url if profile is not None else None) or self._url_of_environment()
        of_environment = given.rstrip("/") == self._url_of_environment().rstrip("/")
        shape = shape_of(profile)
        headers = {**dict(self.headers), **shape.headers}
        shape = replace(shape, key_header=self.key_header, headers=headers)
        key = named or (self.key_variable if of_environment else "")
        return Server(self.server_url(profile), key, shape, kind=self.kind)

    def _url_of_environment(self) -> str:
        return os.environ.get(self.url_variable) or self.url


ANTHROPIC: Final = NativeApi(
    "anthropic",
    "https://api.anthropic.com/v1",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_KEY",
    "Authorization",
    (("anthropic-version", "2026-10-21"),),
    "/v1",
)
GEMINI: Final = NativeApi(
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta",
    "GEMINI_BASE_URL",
    "GEMINI_API_KEY",
    "x-goog-api-key",
    versioned="/v1beta",
)
NATIVE: Final = {api.kind: api for api in (ANTHROPIC, GEMINI)}

"""What each request to a server carries.

The same variables count as for the openai package: OPENAI_ORG_ID, OPENAI_PROJECT_ID, OPENAI_CUSTOM_HEADERS.
"""

import os

from prompteval.providers.openai.shape import Shape


def request_headers(key: str, shape: Shape | None = None) -> dict[str, str]:
    """What every request carries."""
    headers = {"Accept": "application/json", **(shape or Shape()).key_headers(key)}
    for name, variable in (("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID")):
        if os.environ.get(variable):
            headers[name] = os.environ[variable]
    for line in os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            for known in [known for known in headers if known.lower() == name.strip().lower()]:
                del headers[known]
            headers[name.strip()] = value.strip()
    return headers

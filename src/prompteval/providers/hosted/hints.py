"""What may help against an answer that says too little: whose key it was, which address was asked."""

from urllib.parse import urljoin, urlsplit

from prompteval.core.address import without_credentials
from prompteval.core.errors import ProviderError
from prompteval.providers.openai.errors import error_of_answer
from prompteval.providers.openai.server import Server
from prompteval.wire import HttpAnswer

LONGEST_ADDRESS = 200


def explained(error: ProviderError, answer: HttpAnswer, server: Server) -> ProviderError:
    """The error of an answer, with a hint where there is one."""
    hint = _hint(error, answer, server)
    if not hint:
        return error
    return ProviderError(
        error.kind,
        f"{error} ({hint})",
        retryable=error.retryable,
        retry_after_s=error.retry_after_s,
        status=error.status,
        excerpt=error.excerpt,
        possibly_billed=error.possibly_billed,
    )


def _hint(error: ProviderError, answer: HttpAnswer, server: Server) -> str:
    if error.kind == "auth" and server.key_env:
        return f"the key is that of {server.key_env}"
    if answer.status == 407:
        return "a proxy asks who it is; its variable, such as HTTPS_PROXY, may hold a user and a password"
    if error.kind == "not_found" and not error_of_answer(answer)[0]:
        asked = without_credentials(server.base_url)[:LONGEST_ADDRESS]
        bare = not urlsplit(server.base_url).path.strip("/")
        return f"base_url is {asked}" + (", and most servers have their API below /v1" if bare else "")
    place = answer.headers.get("Location", "")
    if 300 <= answer.status < 400 and place:
        target = _joined(server.base_url, place)
        return f"it leads to {without_credentials(target)[:LONGEST_ADDRESS]}" if target else ""
    return ""


def _joined(address: str, place: str) -> str:
    """Where a redirect leads; empty where what the server sent is no address."""
    try:
        return urljoin(address, place)
    except ValueError:
        return ""

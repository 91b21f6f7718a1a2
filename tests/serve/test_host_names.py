"""Names that a Host header may have: what no header has would refuse every request without a word."""

import pytest

from prompteval.core.errors import UsageError
from prompteval.serve.access import Access
from prompteval.serve.options import ServeOptions
from prompteval.serve.problems import Refusal


def access(name: str) -> Access:
    return Access.of(ServeOptions(allow_hosts=(name,)))


@pytest.mark.parametrize(
    "name",
    ["", "''", "*", "*.example.com", "https://a.example", "a.example:8443", "a.example/v1", "[::1]", "a b"],
)
def test_s15_what_is_no_host_name_is_refused(name: str) -> None:
    """An address, a port, a pattern: before anything is listened to."""
    with pytest.raises(UsageError, match="is not a host name") as raised:
        access(name)
    assert "prompts.example.com" in raised.value.help


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Prompts.example.com", b"prompts.EXAMPLE.com:443"),
        ("prompts_api", b"prompts_api"),
        ("b\u00fccher.example", b"xn--bcher-kva.example"),
        ("2001:db8::1", b"[2001:db8::1]:8000"),
    ],
)
def test_s15_a_host_name_lets_its_requests_through(name: str, header: bytes) -> None:
    """In any case, with any port, and as DNS writes it; no other name."""
    access(name).check_host([(b"host", header)])
    with pytest.raises(Refusal) as raised:
        access(name).check_host([(b"host", b"evil." + header)])
    assert raised.value.status == 400

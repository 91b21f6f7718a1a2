"""What tests/loopback.py promises, in this process and in a command line of tests/forks.py."""

import socket
from typing import Any

import pytest

from tests.forks import shared
from tests.small_workspace import place

__all__ = ["place"]


def test_another_machine_is_refused_and_this_one_is_not() -> None:
    """By address and by name, before a packet is sent."""
    with socket.socket() as one, pytest.raises(RuntimeError, match=r"went to the network: .*192\.0\.2\.1"):
        one.connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_a_command_line_of_the_tests_is_held_to_it_too(place: Any) -> None:
    """A prompt's module that goes out is a problem of that module."""
    place.write("prompts/say/v1.py", "import socket\nsocket.create_connection(('192.0.2.1', 80))\n")
    done = shared().run(place.root, "check")
    assert done.code == 2 and "a test went to the network" in done.stdout + done.stderr

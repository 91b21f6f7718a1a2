"""A workspace for what is tested without a process of its own."""

from tests.small_workspace import place as place

"""The small workspace of the tests."""

from tests.small_workspace import place as place

"""The workspace with judges, for what is tested without a process of its own."""

from tests.judging.judged_workspace import judges as judges
from tests.small_workspace import place as place

"""What every test shares."""

from hypothesis import settings

from tests.loopback import only_loopback

only_loopback()

# A busy machine must not fail a property; the whole suite has its own time limit.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

# Stored workspaces are read by tests, and are none.
collect_ignore = ["fixtures"]

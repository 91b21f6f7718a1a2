"""What every test shares."""

import signal

from hypothesis import settings

from tests.loopback import only_loopback

only_loopback()

# A shell starts what runs in the background with Ctrl-C ignored, and every process of the tests would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine must not fail a property; the whole suite has its own time limit.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

# Stored workspaces are read by tests, and are none.
collect_ignore = ["fixtures"]

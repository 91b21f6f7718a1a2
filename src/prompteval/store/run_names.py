"""How a run is called that a team gave a name; no database is loaded for it, since `check` reads names."""

from typing import Final

# Before the name that a team gave a run.
NAME_PREFIX: Final = "baseline:"

"""Where the engine says how far it is. The command line draws it; the default is silent."""


class Progress:
    """Called at every step of a run. The base class prints nothing."""

    def start(self, title: str, total: int) -> None:
        """A new entry of `total` cases begins."""

    def advance(self, *, error: bool, cached: bool) -> None:
        """One more case is done."""

    def building(self, work: str, done: int, total: int) -> None:
        """So many of the chunks or texts are embedded or indexed; called from a thread."""

    def note(self, text: str) -> None:
        """Something a user should know while waiting."""

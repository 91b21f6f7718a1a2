"""What a user should know although the work continues."""

import warnings


class Notice(UserWarning):
    """Something that was put right by itself; the command line prints it as a line of its own."""


def notice(text: str) -> None:
    """Tell it; a program that uses the package filters it as any warning, by its class."""
    warnings.warn(text, Notice, stacklevel=3)

"""What is wrong with a case record, and where in it."""

Pointer = tuple[str | int, ...]
Wrong = tuple[Pointer, str, str, str]  # place, code, message, help

"""The command line's door: `prompteval` and `python -m prompteval`."""

import gc
import sys

from prompteval.core.exit_codes import INTERRUPTED

# New objects before a look for garbage: what is imported is none, and each look goes over all of it.
NEW_OBJECTS = 200_000
# For threads that code of the workspace has begun and that are no daemons.
LEAVE_SECONDS = 5.0


def main() -> int:
    """Answer --version at once, import the rest only for real work; the exit code."""
    from prompteval.isolate.path import leave_current_directory

    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
    leave_current_directory()
    from prompteval.cli import printer

    printer.open_streams()
    if sys.argv[1:] in (["--version"], ["-V"]):
        from prompteval._version import __version__

        printer.line(f"prompteval {__version__}")
        printer.finish()
        return 0
    from prompteval.cli.ending import conclude

    code = conclude(_command_line)
    from prompteval.isolate.exit_guard import exit_now, leave_within

    if code == INTERRUPTED:
        # All output is written; a thread that still computes would keep the terminal until it ends.
        exit_now(code)

    def tell(text: str) -> None:
        printer.stderr_line(text)
        printer.finish()

    leave_within(LEAVE_SECONDS, code, tell)
    return code


def _command_line() -> int:
    from prompteval.cli.uncaught import install_hooks
    from prompteval.isolate.exit_guard import forbid_exit

    forbid_exit()
    install_hooks()
    from prompteval.cli.app import command_line

    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

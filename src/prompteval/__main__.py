"""The command line's door: `prompteval` and `python -m prompteval`."""

import sys


def main() -> None:
    """Answer --version at once; import the rest only for real work."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from prompteval._version import __version__

        sys.stdout.write(f"prompteval {__version__}\n")
        return
    from prompteval.isolate.path import leave_current_folder

    leave_current_folder()
    from prompteval.isolate.leaving import refuse_leaving

    refuse_leaving()
    from prompteval.cli.app import run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()

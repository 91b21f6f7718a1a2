"""The verb: what is asked for is checked, then one worker runs here, or several under a supervisor."""

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeAlias

from prompteval.core.errors import MissingExtra, PromptevalError, UsageError
from prompteval.serve.options import ServeOptions
from prompteval.serve.state import EventLog
from prompteval.store.predictions import OTLP, open_sink
from prompteval.workspace.settings import Workspace
from prompteval.workspace.writing import make_directory

# Runs a worker in its own process; the exit code of that.
Child: TypeAlias = Callable[[Callable[[], int]], int]


def serve(
    workspace: Workspace,
    options: ServeOptions,
    event: EventLog,
    listening: Callable[[str], None],
    child: Child,
) -> int:
    """Serve until it is stopped; the exit code.

    `listening` is called with the address once it is taken; `child` runs a worker in a process of its own
    and gives its exit code. Raises UsageError, InvalidInput and MissingExtra for what cannot be served,
    before anything is listened to.
    """
    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "prometheus_client")):
        raise MissingExtra("serve", "serve")
    from prompteval.serve.supervisor import Supervisor, listen
    from prompteval.serve.worker import WorkerPlace, run_worker

    _check(workspace, options)
    if options.log is not None and options.workers == 1:
        open_sink(options.log).close()
    listener = listen(options)
    host = f"[{options.host}]" if ":" in options.host else options.host
    listener.listen(4096)
    listening(f"http://{host}:{listener.getsockname()[1]}")
    if options.workers == 1:
        return run_worker(workspace, options, listener, WorkerPlace(), event)
    directory = workspace.state_dir() / f"serve-{os.getpid()}"
    make_directory(directory, within=workspace.root, private=True)
    try:
        return Supervisor(workspace, options, listener, event, child).run(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _check(workspace: Workspace, options: ServeOptions) -> None:
    """Everything that can be wrong and is known without a call."""
    from prompteval.serve.access import Access
    from prompteval.serve.filters import Filters
    from prompteval.serve.served import Catalogue

    options.refuse_open()
    if options.keep_s is not None and options.log in (None, OTLP):
        raise UsageError("--keep: there is no log of the service's own to shorten", "add --log FILE")
    Access.of(options)
    Filters.load(workspace, options.filters)
    catalogue = Catalogue(workspace, options.references, options.model, options.unpublished)
    catalogue.look()
    for model in catalogue.models():
        try:
            model.check_ready()
        except UsageError:
            raise
        except PromptevalError as error:
            raise UsageError(f"{model.reference}: {error}") from None

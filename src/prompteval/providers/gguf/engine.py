"""llama.cpp with a model, in a process of its own.

xllamacpp always opens a listener on loopback. Ours takes a key that is made for each model and is known to
the two processes alone, so that nobody else on the machine is answered.
"""

import os
from typing import Any, Final

PACKAGE: Final = "xllamacpp"
SERVE: Final = "prompteval.providers.gguf.engine:serve"


def threads() -> int:
    """One a physical core, two of whose threads share it: more would wait for each other."""
    return max((os.cpu_count() or 1) // 2, 1)


def serve(path: str, name: str, key: str, window: int, slots: int, threads: int) -> tuple[Any, str]:
    """(what keeps the listener open, its address): a model with `slots` windows of `window` tokens.

    Raises RuntimeError for a file that llama.cpp cannot load.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = path, {name}
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
    params.n_ctx, params.n_parallel = window * slots, slots
    params.ui = params.endpoint_props = params.endpoint_slots = params.endpoint_metrics = False
    params.offline, params.warmup, params.verbosity = True, False, 1  # its errors are the log
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    engine = xllamacpp.Server(params)
    return engine, str(engine.listening_address)

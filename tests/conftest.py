"""What every test shares."""

import gc
import importlib.util
import os
import re
import signal
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.forks import MEASURE
from tests.loopback import only_loopback

only_loopback()

# A shell starts what runs in the background with Ctrl-C ignored, and every process of the tests would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine must not fail a property; the whole suite has its own time limit.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    """`--cov` measures the command lines in forks too."""
    if config.pluginmanager.hasplugin("_cov"):
        os.environ[MEASURE] = "1"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three processes for two cores: a third of their time is spent waiting, for deadlines, servers and children."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + cores // 2


def pytest_collection_finish() -> None:
    """The tests and what they import stay: no later collection of garbage visits them."""
    gc.collect()
    gc.freeze()


# Stored workspaces are read by tests, and are none.
collect_ignore = ["fixtures"]


# Where the embedded model is not installed, as on a Python that torch has no build for, what asks for it is skipped.
NEEDS_MODEL = re.compile(
    r'pip install "prompteval\[(?:offline|rag)\]"|No module named \'(?:torch|sentence_transformers)\''
    r"|No package metadata was found for sentence-transformers"
)
HAS_MODEL = importlib.util.find_spec("sentence_transformers") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure whose reason is the missing model is a skip; with the model installed nothing is changed."""
    report = yield
    if report.failed and not HAS_MODEL and NEEDS_MODEL.search(report.longreprtext):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, "Skipped: the embedded model is not installed")
    return report

"""docs/limits.md and the constants that hold the limits: neither changes without the other."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from prompteval.core.ranges import RANGES

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "prompteval"
PAGE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| [^|]+ \| (-?[\d,.]+)(?: \w+)? \| `([\w.]+)` \| [^|]+ \|$", re.MULTILINE)
RANGE_ROW = re.compile(r"^\| `(\w+)` \| (\S+) \| (\S+) \|$", re.MULTILINE)
# The names of limits; those of another meaning are below.
LIMIT = re.compile(
    r"_?(MAX|MOST|LONGEST|DEEPEST|LARGEST)(_[A-Z_]+)?|[A-Z_]+_(BYTES|SECONDS|CHARACTERS|AT_MOST)"
)
NOT_LIMITS = {
    # Paces: how often something is done or looked at.
    "corpus.documents.isolated.BATCH_BYTES", "engine.batch_mode.FIRST_LOOK_SECONDS", "engine.batching.GATHER_SECONDS",
    "engine.interruption.HUNG_SECONDS", "engine.interruption.LOOK_SECONDS", "engine.models.NOTED_PAUSE_SECONDS",
    "engine.portal.CLOSING_SECONDS", "engine.quick_threads.HAND_OVER_SECONDS", "engine.quick_threads.SLOW_SECONDS",
    "engine.row_groups.STORE_SECONDS", "engine.scoring.lanes.BATCH_SECONDS", "engine.scoring.lock_watchdog.BEAT_SECONDS",
    "isolate.server_child.END_SECONDS", "isolate.serving.ALONE_SECONDS", "isolate.serving.LOOK_SECONDS", "isolate.watchdog.STEP_SECONDS", "isolate.worker.ALONE_SECONDS", "providers.layers.retry.SPREAD_SECONDS",
    "rag.trec.fields.BLOCK_BYTES", "providers.gguf.model_file.BLOCK_BYTES", "serve.worker.PARENT_SECONDS", "serve.worker.COUNT_SECONDS", "serve.worker.RELOAD_SECONDS", "store.cache.GATHER_SECONDS",
    "store.postgres.contents.LARGEST_PAGE", "store.postgres.contents.PAGE_BYTES", "store.postgres.deadline.LOOK_SECONDS", "store.postgres.lease.BEAT_SECONDS",
    "store.postgres.lease.POLL_SECONDS", "view.app.LOOK_SECONDS", "wire.body.LOOK_SECONDS",
    # Units, sizes of caches and prefixes without any effect on what comes out, and figures of a method.
    "core.ranges.DAY_SECONDS", "core.request._MOST_KEPT", "core.secret._MOST_ESCAPED", "corpus.chunk.structure.DEEPEST",
    "prompt.template_cost._LONGEST_PUT_IN", "prompt.values.LONGEST_REMEMBERED", "prompt.values.MOST_REMEMBERED",
    "providers.openai.embeddings.LARGEST", "scoring.translation.LONGEST_NGRAM", "stats.bootstrap.UNDEFINED_AT_MOST", "stats.drift.burn.LONGEST_S",
    # Of the fake server.
    "testing.fake.http.DRIP_SECONDS",
}  # fmt: skip


def limits() -> Iterator[str]:
    """Every constant of a module whose name is that of a limit, and whose value is a number."""
    for path in sorted(SOURCE.rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
            for name in (target.id for target in targets if isinstance(target, ast.Name)):
                if LIMIT.fullmatch(name) and isinstance(value_of(f"{module}.{name}"), int | float):
                    yield f"{module}.{name}"


def value_of(constant: str) -> object:
    module, _, name = constant.rpartition(".")
    return vars(import_module(f"prompteval.{module}"))[name]


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_every_row_has_the_value_of_its_constant() -> None:
    """A constant that changes, or goes, changes the page."""
    rows = ROW.findall(PAGE)
    assert len(rows) > 100
    assert len({constant for _, constant in rows}) == len(rows)
    assert not [(name, told, value_of(name)) for told, name in rows if number(told) != value_of(name)]


def test_every_limit_has_a_row() -> None:
    """A new constant named as a limit is on the page, or said here to be none."""
    told, found = {constant for _, constant in ROW.findall(PAGE)}, set(limits())
    assert sorted(found - told - NOT_LIMITS) == []
    assert sorted(NOT_LIMITS - found) == []
    assert sorted(NOT_LIMITS & told) == []


def test_every_line_of_a_table_is_read() -> None:
    """A row that this test cannot read would hold nothing."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "`" in line]
    assert len(lines) == len(ROW.findall(PAGE)) + len(RANGE_ROW.findall(PAGE))


def test_the_numbers_that_one_sets_are_those_of_the_table_of_ranges() -> None:
    """Each with both of its ends."""
    told = {name: (number(low), number(high)) for name, low, high in RANGE_ROW.findall(PAGE)}
    assert told == {name: pytest.approx((one.low, one.high)) for name, one in RANGES.items()}


@pytest.mark.parametrize("page", ["docs/security.md", "mkdocs.yml", "README.md"])
def test_the_page_is_found(page: str) -> None:
    """From the page on security, the site's own navigation, and the README."""
    assert "limits.md" in (ROOT / page).read_text(encoding="utf-8")

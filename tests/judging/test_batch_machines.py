"""`--batch` with judges in a store that machines share: each collects what another has sent."""

import shutil

import pytest

from prompteval.testing.server import BatchPlan, FakeServer
from prompteval.workspace.settings import STORE_VARIABLE
from tests.judging.judged_workspace import COUNT
from tests.judging.live_judge import paid_run
from tests.judging.test_batch import NO, RIGHT, WRONG, YES, batches, prompted
from tests.small_workspace import Place
from tests.store.postgres_place import address as address
from tests.store.postgres_place import server as server


@pytest.mark.slow
@pytest.mark.usefixtures("address")
def test_s18_another_machine_collects_answers_and_judgements(
    judges: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a cache: of the batches of both kinds only the line that failed is sent again."""
    monkeypatch.setenv(STORE_VARIABLE, "postgres")
    with FakeServer([RIGHT, WRONG, YES, NO]) as served:
        prompted(judges, served)
        other = Place(judges.root.parent / "other")
        shutil.copytree(judges.root, other.root, ignore=shutil.ignore_patterns(".prompteval"))
        finish = served._batches._finish

        def first_whole(batch: dict[str, object]) -> None:
            """The answers come; of the judgements one line fails."""
            finish(batch)
            served._batches.plan = BatchPlan(failing={3: 500})

        served._batches._finish = first_whole  # type: ignore[method-assign]
        first = paid_run(judges, batch=True, cache=False)
        assert first.verdict.value == "incomplete" and first.results[0].cases["unscored"] == 1
        served._batches._finish = finish  # type: ignore[method-assign]
        served._batches.plan = BatchPlan()
        again = paid_run(other, suites=(), resume=first.run_id)
        assert (served.stats["requests"], batches(served)) == (0, [COUNT, COUNT, 1])
        assert again.results[0].metrics["accuracy"].value == 0.5 and again.verdict.value == "pass"

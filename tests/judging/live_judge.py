"""The workspace with judges, its judge behind a fake server."""

from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.plan.run_options import RunOptions
from prompteval.report.view import RunView
from prompteval.testing.server import FakeServer
from tests.judging.judged_workspace import SUITE
from tests.small_workspace import Place


def live(place: Place, server: FakeServer, options: str = "", profile: str = "", suite: str = SUITE) -> None:
    """The suite `judged` asks the model `judge` of the server, with more options of its scorer."""
    place.write(
        "prompteval.toml",
        f'[models.judge]\nprovider = "openai"\nmodel = "fake"\nbase_url = "{server.url}"\n{profile}\n',
    )
    scorer = f"model: judge{options}}}"
    place.write("evals/judged.yaml", suite.replace("model: scripted/judge.jsonl}", scorer))


def paid_run(place: Place, **options: object) -> RunView:
    """A run over the cache, as the command makes it."""
    return run_suites(place.workspace, RunOptions(**{"suites": ("judged",), **options}), Progress())  # type: ignore[arg-type]

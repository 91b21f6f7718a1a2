"""The model that `grounding.entailment`, and citations by it, of a suite ask."""

from collections.abc import Sequence

from prompteval.metrics.stage_names import StageMetric
from prompteval.plan.problems import Problems
from prompteval.rag.score.overlap import Support
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite


def entailment_of(
    workspace: Workspace, suite: Suite, metrics: Sequence[StageMetric], problems: Problems
) -> Support | None:
    """The model in the directory that the suite names, None where no metric asks one.

    What is wrong is noted at the suite's line: a metric without a model, a directory that cannot be used.
    """
    asking = next((metric for metric in metrics if metric.asks_entailment), None)
    if asking is None:
        return None
    if not suite.entailment:
        named = next((one for one in suite.metrics if one.text.endswith("entailment")), None)
        place = (1, 1) if named is None else (named.line, named.col)
        help = "name the directory of a sequence classifier with `entailment:`"
        problems.add(
            suite.path, place, "PE226", f"{asking} asks a model of its own, and the suite has none", help
        )
        return None
    from prompteval.rag.score.entailment import EntailmentModel

    return problems.catch(
        suite.path, suite.entailment_place, "PE226", EntailmentModel, workspace.root / suite.entailment
    )

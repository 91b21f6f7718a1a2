"""What a run was made from: enough to say whether two runs may be compared, and to compare them."""

from collections.abc import Mapping, Sequence
from typing import Any

from prompteval._version import __version__
from prompteval.core.registry import resolve, table
from prompteval.core.stored import SuiteFacts
from prompteval.plan.case_scan import alias_of
from prompteval.plan.gates import NoRegression
from prompteval.plan.judges import judges_of
from prompteval.plan.measures import fields_read
from prompteval.plan.prompt_contents import prompt_contents
from prompteval.plan.suite_plan import SuitePlan
from prompteval.scoring.build import GROUP
from prompteval.stats.paired.decision import DecisionRule
from prompteval.store.suite_facts_form import facts_json
from prompteval.workspace.git import branch, head_and_dirty
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import ScorerSpec

# A new version, suite or file of cases is not tracked at first, and is what the run is of.
CONTENT = ("prompts", "evals", "datasets")


def manifest(
    workspace: Workspace,
    plans: Sequence[SuitePlan],
    entries: Sequence[tuple[str, str, str]],
    options: Mapping[str, object] | None = None,
    side: str = "",
    compared: str = "",
) -> dict[str, Any]:
    """Fingerprints of cases, prompts and scorers of every suite, what prompts say, and the state of git.

    `options` are what selected the cases; with them the run can be resumed. `side` is what a
    comparison ran beside the working tree, `compared` the side that the run was, the working tree too.
    """
    return {
        "prompteval": __version__,
        "entries": [list(entry) for entry in entries],
        "suites": {
            plan.suite.name: {**suite_manifest(plan), "prompts": prompt_contents(plan)} for plan in plans
        },
        "options": options,
        "side": side,
        "compared": compared,
        "scores_pass": True,
        "git": git_state(workspace),
    }


def suite_manifest(plan: SuitePlan) -> dict[str, Any]:
    """What the manifest of a run keeps of a suite."""
    return {
        **facts_json(suite_facts(plan)),
        "path": plan.suite.path,
        "targets": {target.reference: target.fingerprint for target in plan.targets},
        "aliases": {target.reference: alias for target in plan.targets if (alias := alias_of(target))},
        "metrics": [measure.text for measure in plan.measures],
        "gate": [str(gate.rule) for gate in plan.gates],
    }


def suite_facts(plan: SuitePlan) -> SuiteFacts:
    """What one suite's numbers are made from, and how they are compared."""
    measures = {m.text: m for m in plan.measures}
    measures |= {gate.measure.text: gate.measure for gate in plan.gates if gate.measure is not None}
    return SuiteFacts(
        cases=plan.facts.fingerprint,
        scorers=tuple((spec.kind, spec.name, _options(spec, plan)) for spec in plan.suite.scorers),
        fields=fields_read(plan.scorers),
        measures=tuple((measure.text, measure.scorer) for measure in measures.values()),
        primary=tuple(plan.primary),
        effects=_effects([gate.rule for gate in plan.gates if isinstance(gate.rule, NoRegression)]),
        slices=tuple(named.text for named in plan.suite.slices),
        split=tuple(plan.suite.splits),
        on_error=plan.suite.on_error,
    )


def _options(spec: ScorerSpec, plan: SuitePlan) -> dict[str, object]:
    """A scorer's options, with the form of its rules where that changed, and what a judge is."""
    judge = next((one for one in judges_of(plan.scorers) if one.name == spec.name), None)
    if judge is not None:
        return {**spec.options, "judge": judge.fingerprint}
    if spec.kind not in table(GROUP):
        return dict(spec.options)
    rules = getattr(resolve(GROUP, spec.kind), "rules", "")
    return {**spec.options, "rules": rules} if rules else dict(spec.options)


def _effects(rules: Sequence[NoRegression]) -> dict[str, dict[str, float]]:
    """The limits of each metric; of several rules on one metric the strictest."""
    found: dict[str, dict[str, float]] = {}
    for metric in dict.fromkeys(rule.metric for rule in rules):
        same = [rule for rule in rules if rule.metric == metric]
        found[metric] = same[0].limits()
        if len(same) > 1:
            defaults = DecisionRule()
            limits = [
                DecisionRule(
                    defaults.alpha if rule.alpha is None else rule.alpha,
                    defaults.min_effect if rule.min_effect is None else rule.min_effect,
                    rule.margin,
                )
                for rule in same
            ]
            found[metric] = {
                "min_effect": min(limit.min_effect for limit in limits),
                "margin": min(limit.worse_by for limit in limits),
                "alpha": max(limit.alpha for limit in limits),
            }
    return found


def git_state(workspace: Workspace) -> dict[str, object] | None:
    """The commit, its branch, and whether the workspace's files differ from it; None outside git."""
    found = head_and_dirty(workspace.root, CONTENT)
    if found is None:
        return None
    return {"commit": found[0], "dirty": found[1], "branch": branch(workspace.root)}

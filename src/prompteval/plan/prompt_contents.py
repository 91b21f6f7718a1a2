"""What a run keeps of its prompts, so that it can be said later what they said and what changed."""

import json
from collections.abc import Mapping
from typing import Any

from prompteval.core.errors import PromptevalError
from prompteval.core.secret import hide_all
from prompteval.plan.suite_plan import SuitePlan
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.plan.targets.rag import RagPlan
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.discovery import prompt_files

# Of one prompt, as JSON; of a longer one nothing is kept.
MOST_CHARACTERS = 200_000


def prompt_contents(plan: SuitePlan) -> dict[str, dict[str, Any]]:
    """By reference, what each target's prompt is made of, and what the version before it was made from.

    `content` is `Prompt.content`, with the section `rag` of a pipeline; `before` is the reference of the
    version before, which has an entry too. Targets without a prompt have none.
    """
    found: dict[str, dict[str, Any]] = {}
    for target in plan.targets:
        prompt, content = _of_target(target)
        if prompt is None or not _is_short(content):
            continue
        found[target.reference] = {"content": hide_all(content)}
        earlier = _version_before(plan, prompt)
        if earlier is not None and _is_short(earlier.content):
            rag = {name: content[name] for name in ("rag",) if name in content}
            found.setdefault(earlier.reference, {"content": hide_all({**earlier.content, **rag})})
            found[target.reference]["before"] = earlier.reference
    return found


def _of_target(target: TargetPlan) -> tuple[Prompt | None, Mapping[str, Any]]:
    if isinstance(target, PromptPlan):
        return target.prompt, target.prompt.content
    if isinstance(target, RagPlan) and target.prompt is not None:
        return target.prompt, {**target.prompt.content, "rag": target.setup.section.as_json()}
    return None, {}


def _version_before(plan: SuitePlan, prompt: Prompt) -> Prompt | None:
    """The version before; None for the first one, and for one that does not load any more."""
    versions = [file.version for file in prompt_files(plan.tree).get(prompt.name, ())]
    earlier = max((version for version in versions if version < prompt.version), default=None)
    try:
        return None if earlier is None else load_prompt(plan.tree, prompt.name, earlier)
    except PromptevalError:
        return None


def _is_short(content: Mapping[str, Any]) -> bool:
    return len(json.dumps(content)) <= MOST_CHARACTERS

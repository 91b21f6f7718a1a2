"""PA113, PA114: scripts that train and serve; PA117, PA118: no baseline, no tests."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from prompteval.audit.files import is_test
from prompteval.audit.findings import Finding
from prompteval.audit.prompt_rules import by_place
from prompteval.audit.prompts import ModelCall, PromptUse
from prompteval.audit.repository import Module, Repository, dotted_name
from prompteval.core.problem import Problem

_TRAINING = re.compile(
    r"(?:^|\.)(?:Trainer|SFTTrainer|DPOTrainer|Seq2SeqTrainer|GRPOTrainer|SentenceTransformerTrainer)\(\)\.train$"
    r"|fine_tuning\.jobs\.create$|(?:^|\.)FineTune\.create$"
)
_SERVING = frozenset({"fastapi", "flask", "gradio", "streamlit", "chainlit", "aiohttp", "starlette", "sanic"})
_SERVERS = frozenset(
    {"FastAPI", "Flask", "Interface", "ChatInterface", "Blocks", "Application", "Starlette", "Sanic"}
)
_EVALUATORS = frozenset(
    {"deepeval", "ragas", "inspect_ai", "promptfoo", "evals", "trulens", "giskard", "langsmith"}
)
_EVALUATING = frozenset({"evaluate", "aevaluate", "assert_test", "eval", "run_evaluation", "Task"})


def script_findings(
    repository: Repository, calls: Sequence[ModelCall], paths: Sequence[str]
) -> Iterator[Finding]:
    """What the files of a repository do beside asking models."""
    asking = {call.path for call in calls}
    evaluated = any(_is_evaluation(path) for path in paths)
    for module in repository.modules.values():
        if module.is_test:
            continue
        train = next((node for node, _ in module.found.calls if _trains(node, module)), None)
        if train is not None and not evaluated:
            message = "training script, and the repository has no evaluation of what it trains"
            yield _at(
                "PA113", module.path, train.lineno, message, "write a suite that a new model has to pass"
            )
        if module.path in asking and module.found.roots & _SERVING:
            server = next((node for node, _ in module.found.calls if _last(node.func) in _SERVERS), None)
            if server is not None and not evaluated:
                message = (
                    "serving script that asks a model, and the repository has no evaluation of its answers"
                )
                yield _at("PA114", module.path, server.lineno, message, "write a suite for what it serves")


def baseline_findings(repository: Repository, paths: Sequence[str]) -> Iterator[Finding]:
    """Suites of prompteval, configurations of promptfoo and scripts of other tools, without a baseline."""
    known = set(paths)
    any_baseline = any("baseline" in path.lower() for path in paths)
    for path in paths:
        match = re.fullmatch(r"(.*/)?evals/([^/]+)\.ya?ml", path)
        if match and not is_test(path) and _lacks_baseline(known, match[1] or "", match[2]):
            help = "`prompteval run`, then `prompteval baseline set`"
            yield _at("PA117", path, 1, f"suite {match[2]!r} has no baseline", help)
        elif re.fullmatch(r"(.*/)?promptfooconfig\.(ya?ml|json)", path) and not any_baseline:
            yield _at("PA117", path, 1, "promptfoo configuration without a baseline", _IMPORT)
    for module in repository.modules.values():
        used = module.found.roots & _EVALUATORS
        found = next((node for node, _ in module.found.calls if _last(node.func) in _EVALUATING), None)
        if used and found is not None and not any_baseline and not module.is_test:
            message = f"evaluation with {', '.join(sorted(used))} without a baseline"
            yield _at("PA117", module.path, found.lineno, message, _IMPORT)


_IMPORT = "keep the results that later ones are compared with: `prompteval import`, then `baseline set`"


def untested_findings(repository: Repository, uses: Iterable[PromptUse]) -> Iterator[Finding]:
    """One finding for each module with prompts that no test and no evaluation imports."""
    reached = _imported_by_tests(repository)
    first: dict[str, PromptUse] = {}
    count: dict[str, int] = {}
    for use in by_place(use for use in uses if not use.call.module.is_test).values():
        path = use.text.place.path
        first.setdefault(path, use)
        count[path] = count.get(path, 0) + 1
    for path, use in first.items():
        name = dotted_name(path)
        if path.endswith(".py") and not any(name == one or name.endswith("." + one) for one in reached):
            many = f"{count[path]} prompts are" if count[path] > 1 else "a prompt is"
            message = f"{many} in this module, and no test or evaluation imports it"
            yield _at("PA118", path, use.text.place.line, message, "write cases and a suite for them")


def _imported_by_tests(repository: Repository) -> set[str]:
    """The dotted names that tests and scripts of evaluations import."""
    found: set[str] = set()
    for module in repository.modules.values():
        if not (module.is_test or module.found.roots & _EVALUATORS):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = ".".join(part for part in (node.module,) if part)
                found |= {base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)} - {""}
    return found


def _is_evaluation(path: str) -> bool:
    return (
        re.search(r"(^|/)(evals?|evaluations?|benchmarks?)/|promptfooconfig|(^|/)eval\w*\.py$", path)
        is not None
    )


def _lacks_baseline(known: set[str], directory: str, name: str) -> bool:
    """Whether a file of a directory `evals` is a suite of a workspace, and none of its baselines."""
    if f"{directory}evals/baselines/{name}.json" in known:
        return False
    return any(path.startswith(f"{directory}prompts/") for path in known)


def _trains(node: ast.Call, module: Module) -> bool:
    if _last(node.func) not in ("train", "create"):
        return False
    name = ast.unparse(node.func) if (node.func.end_col_offset or 0) - node.func.col_offset < 100 else ""
    if _TRAINING.search(name):
        return True
    trainers = {"transformers", "trl", "sentence_transformers", "peft", "unsloth"}
    return name.endswith("trainer.train") and bool(module.found.roots & trainers)


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _at(code: str, path: str, line: int, message: str, help: str) -> Finding:
    return Finding(Problem(path, line, 1, code, message, help, "warning"), line, message)

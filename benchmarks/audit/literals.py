"""The rule that ranks by the text alone, beside plain rules, on labelled string literals of repositories.

python benchmarks/audit/literals.py [DIRECTORY]     of `prompt_literals`, by default below ../shared/data
"""

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from prompteval.audit.likeness import likeness
from prompteval.metrics.curves import average_precision

DATA = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/prompt_literals")
RULES: dict[str, Callable[[str], float]] = {
    "likeness": likeness,
    "number of words": lambda text: float(len(text.split())),
    "number of characters": lambda text: float(len(text)),
    "contains 'you'": lambda text: float("you" in text.lower()),
    "has a placeholder": lambda text: float("{" in text),
}


def plain(literal: str) -> str:
    """The text of a literal as it is in code; as it is written where Python does not read it."""
    try:
        node = ast.parse(literal, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return literal
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{x}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else literal


def rows(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def main() -> None:
    texts = {row["id"]: plain(str(row["text"])) for row in rows("literals.jsonl")}
    noisy = {row["id"]: bool(row["is_prompt"]) for row in rows("literals.jsonl")}
    read = {row["id"]: bool(row["is_prompt"]) for row in rows("hand.jsonl") if row["is_prompt"] is not None}
    for title, labels in (("labels of the authors", noisy), ("read again", read)):
        share = np.mean(list(labels.values()))
        print(f"{title}: {len(labels)} literals, {share:.3f} prompts (average precision of any order)")
        truth = np.array(list(labels.values()))
        for name, rule in RULES.items():
            scores = np.array([rule(texts[key]) for key in labels])
            statistic = average_precision(scores.astype(float), truth)
            print(f"  {name:<22} average precision {statistic(np.ones(len(truth))):.3f}")


if __name__ == "__main__":
    main()

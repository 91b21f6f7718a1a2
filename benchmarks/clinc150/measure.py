"""Domain routing on CLINC150: a local encoder through `prompteval run`, beside logistic regression.

    .venv/bin/python benchmarks/clinc150/measure.py [use | minilm | e5]

5,500 test utterances in ten domains and out of scope. The references are fitted in this run on
vectors of the same weights: once on exactly the few-shot examples that the prompt shows, once on
the whole training part. Skips, saying so, where ../shared/data/clinc150 is absent.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from build import DATA, OUT_OF_SCOPE, Clinc, choose_examples, read, write_workspace
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from prompteval.providers.local.encoder import LocalEncoder, open_encoder


def run(directory: Path) -> tuple[dict[str, Any], list[str], float]:
    """(the result of `prompteval run --json`, predicted domain of each case in file order, wall seconds)."""
    rows = directory / "rows.jsonl"
    command = [sys.executable, "-m", "prompteval", "run", "--json", "-q", "-o", str(rows)]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"prompteval run ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}")
    found = sorted((row["case_id"], row["output"]["domain"]) for row in map(json.loads, rows.open()))
    return json.loads(done.stdout)["results"][0], [domain for _, domain in found], seconds


def regression(
    embedder: LocalEncoder, train: Sequence[tuple[str, str]], test: Sequence[str]
) -> tuple[list[str], float]:
    """(predicted domain of each test text, wall seconds, encoding included)."""
    started = time.perf_counter()
    vectors, _ = embedder.embed([text for text, _ in train])
    model = LogisticRegression(C=10.0, max_iter=2000)
    model.fit(vectors, [domain for _, domain in train])
    predicted = model.predict(embedder.embed(test)[0])
    return [str(domain) for domain in predicted], time.perf_counter() - started


def line(title: str, expected: Sequence[str], predicted: Sequence[str], examples: int, seconds: float) -> str:
    """One row of the table; everything computed by scikit-learn from the predictions."""
    inside = [(e, p) for e, p in zip(expected, predicted, strict=True) if e != OUT_OF_SCOPE]
    outside = [p == OUT_OF_SCOPE for e, p in zip(expected, predicted, strict=True) if e == OUT_OF_SCOPE]
    figures = (
        accuracy_score(expected, predicted),
        f1_score(expected, predicted, average="macro"),
        sum(e == p for e, p in inside) / len(inside),
        sum(outside) / len(outside),
    )
    shown = " | ".join(f"{figure:.4f}" for figure in figures)
    return f"| {title} | {examples:,} | {shown} | {seconds:.0f} |"


def report(data: Clinc, directory: Path, encoder: str) -> None:
    """Measure, and print the tables of benchmarks/README.md."""
    examples = choose_examples(data)
    model = f"local/{encoder}"
    write_workspace(directory, data, examples, model)
    result, ours, seconds = run(directory)
    _, again, cached_seconds = run(directory)
    expected = [data.domain_of[intent] for _, intent in data.test]
    test = [text for text, _ in data.test]
    embedder = open_encoder(encoder, directory)
    few, few_seconds = regression(embedder, examples, test)
    train = [(text, data.domain_of[intent]) for text, intent in data.train]
    full, full_seconds = regression(embedder, train, test)

    accuracy, macro = result["metrics"]["accuracy"], result["metrics"]["f1(average=macro)"]
    oracle = (accuracy_score(expected, ours), f1_score(expected, ours, average="macro"))
    if max(abs(accuracy["value"] - oracle[0]), abs(macro["value"] - oracle[1])) > 1e-12 or ours != again:
        raise SystemExit(f"prompteval says {accuracy} and {macro}, scikit-learn {oracle}")
    print("| classifier | examples | accuracy | macro F1 | accuracy in scope | recall out | wall s |")
    print("|---|---|---|---|---|---|---|")
    print(line(f"`{model}`, `prompteval run`", expected, ours, len(examples), seconds))
    print(line("logistic regression, the same examples", expected, few, len(examples), few_seconds))
    print(line("logistic regression, all of train", expected, full, len(train), full_seconds))
    print(f"\n{len(expected):,} cases; the cached second run took {cached_seconds:.1f} s.")
    for name, found in (("accuracy", accuracy), ("macro F1", macro)):
        interval = f"[{found['low']:.4f}, {found['high']:.4f}] ({found['method']})"
        print(f"{name} of `{model}`: {found['value']:.4f}, 95 % {interval}")
    majority = result["references"]["majority"]["accuracy"]["value"]
    print(f"majority: {majority:.4f}; scikit-learn finds the same two figures from the stored rows.\n")
    per_class(expected, {model: ours, "same examples": few, "all of train": full}, result)


def per_class(expected: Sequence[str], predictions: dict[str, Sequence[str]], result: dict[str, Any]) -> None:
    """Precision and recall of ours as the run reports them, F1 of everything."""
    labels = list(result["per_class"])
    f1 = {
        name: precision_recall_fscore_support(expected, predicted, labels=labels)[2]
        for name, predicted in predictions.items()
    }
    print("| domain | cases | precision | recall |", *(f"F1 {name} |" for name in predictions))
    print("|---|---|---|---|" + "---|" * len(predictions))
    for index, (label, entry) in enumerate(result["per_class"].items()):
        shown = " | ".join(f"{values[index]:.3f}" for values in f1.values())
        ours = f"{entry['support']} | {entry['precision']:.3f} | {entry['recall']:.3f}"
        print(f"| {label.replace('_', ' ')} | {ours} | {shown} |")


def main() -> None:
    if not (DATA / "data_full.json").is_file():
        print(f"skipped: {DATA} is not there; the data set is never part of this project")
        return
    with tempfile.TemporaryDirectory() as name:
        report(read(), Path(name), sys.argv[1] if len(sys.argv) > 1 else "use")


if __name__ == "__main__":
    main()

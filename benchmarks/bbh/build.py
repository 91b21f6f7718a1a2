"""Turns recorded outputs of BIG-Bench Hard into a workspace: two prompts of one model, compared.

Nothing of the data set is kept in this project; it is read from ../shared/data/bbh_davinci002.
Each prompt is a suite over the same cases, with the task as a slice. The chain of thought is graded
by what follows its last "the answer is", without white space at the ends and one final full stop.
"""

import json
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "bbh_davinci002"
EXTRACT = r"(?s)^.*the answer is \s*(.*?)\s*\.?\s*\Z"
SUITE = """\
outputs: ../outputs/{mode}.jsonl
cases: ../datasets/bbh.jsonl
scorers: [{{exact: {options}}}]
metrics: [accuracy]
slices: [task]
"""


def build(root: Path) -> None:
    """Write the workspace to a directory."""
    for name in ("datasets", "outputs", "evals"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "prompteval.toml").write_text("")
    lines = [json.loads(line) for line in (DATA / "outputs.jsonl").read_text(encoding="utf-8").splitlines()]
    cases, outputs = [], {"direct": [], "cot": []}
    for line in lines:
        name = f"{line['task']}-{line['k']:03d}"
        if line["mode"] == "direct":
            tags = {"task": line["task"]}
            cases.append({"id": name, "inputs": line["question"], "expected": line["target"], "tags": tags})
        outputs[line["mode"]].append({"id": name, "output": line["prediction"], "model": "code-davinci-002"})
    write(root / "datasets" / "bbh.jsonl", cases)
    for mode, found in outputs.items():
        write(root / "outputs" / f"{mode}.jsonl", found)
        options = json.dumps({"extract": EXTRACT} if mode == "cot" else {})
        (root / "evals" / f"{mode}.yaml").write_text(SUITE.format(mode=mode, options=options))


def write(path: Path, lines: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]))

"""mtRAG's recorded answers with their contexts as cases and outputs.

    python convert.py PATH/reference_subset_with_human_evaluations.json

Writes datasets/questions.jsonl, one case a task, and datasets/RESPONDER.jsonl, its answers and the passages
that it was given, here.
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "datasets"


def main(source: Path) -> None:
    HERE.mkdir(exist_ok=True)
    found = json.loads(source.read_text(encoding="utf-8"))
    documents = {item["document_id"]: item for item in found["documents"]}
    contexts: dict[str, list[dict[str, str]]] = {}
    with (HERE / "questions.jsonl").open("w") as cases:
        for task in found["tasks"]:
            contexts[task["task_id"]] = [passage(documents[one["document_id"]]) for one in task["contexts"]]
            case = {
                "id": task["task_id"],
                "inputs": {"question": task["input"][-1]["text"]},
                "answers": [target["text"] for target in task["targets"]],
                "expected": task["targets"][0]["text"],
                "answerable": task["Answerability"] != ["UNANSWERABLE"],
                "tags": {"answerability": task["Answerability"][0].lower()},
            }
            print(json.dumps(case), file=cases)
    for model in found["models"]:
        with (HERE / f"{model['model_id']}.jsonl").open("w") as outputs:
            for one in found["evaluations"]:
                if one["model_id"] == model["model_id"]:
                    task = one["task_id"]
                    print(
                        json.dumps({"id": task, "output": one["model_response"], "context": contexts[task]}),
                        file=outputs,
                    )


def passage(document: dict[str, Any]) -> dict[str, str]:
    return {"doc": document["document_id"], "text": document["text"], "title": document.get("title") or ""}


if __name__ == "__main__":
    main(Path(sys.argv[1]))

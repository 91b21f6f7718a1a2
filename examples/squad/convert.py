"""SQuAD's file as cases, and a baseline's answers as recorded outputs.

    python convert.py PATH/dev-v2.0.json

Writes datasets/questions.jsonl and datasets/answers.jsonl here. The answers are constructed, not a system's:
the first sentence of each question's own paragraph, by splitting at a full stop and a space.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent / "datasets"


def main(source: Path) -> None:
    HERE.mkdir(exist_ok=True)
    articles = json.loads(source.read_text(encoding="utf-8"))["data"]
    with (HERE / "questions.jsonl").open("w") as cases, (HERE / "answers.jsonl").open("w") as outputs:
        for article in articles:
            for number, paragraph in enumerate(article["paragraphs"]):
                for question in paragraph["qas"]:
                    case = {
                        "id": question["id"],
                        "inputs": {"question": question["question"]},
                        "answers": [answer["text"] for answer in question["answers"]],
                        "answerable": not question.get("is_impossible", False),
                        "cluster": f"{article['title']}/{number}",
                    }
                    answer = {"id": question["id"], "output": paragraph["context"].split(". ")[0]}
                    print(json.dumps(case), file=cases)
                    print(json.dumps(answer), file=outputs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

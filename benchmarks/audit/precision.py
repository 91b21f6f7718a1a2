"""What `audit` calls a prompt in installed packages, beside what a reader called one: precision.

python benchmarks/audit/precision.py DIRECTORY     each package below DIRECTORY/<package>
"""

import hashlib
import json
import sys
from collections import Counter
from importlib.metadata import distributions
from pathlib import Path

from prompteval.audit.prompt_rules import by_place
from prompteval.audit.run import audit
from prompteval.stats.interval import wilson

HERE = Path(__file__).parent
PACKAGES = {
    "langchain-community": "langchain_community", "langchain-classic": "langchain_classic",
    "crewai": "crewai", "llama-index-core": "llama_index/core", "haystack-ai": "haystack", "dspy": "dspy",
    "autogen-agentchat": "autogen_agentchat",
}  # fmt: skip


def hits(directory: Path) -> dict[tuple[str, str, str], tuple[str, int]]:
    """(package, path, hash of the text) of every hit, with version and line."""
    found = {}
    for package, name in PACKAGES.items():
        top = directory / package
        version = next((d.version for d in distributions(path=[str(top)]) if d.name == package), "?")
        report = audit(top / name)
        known = {
            (f.problem.path, f.problem.line, f.problem.col)
            for f in report.findings
            if f.problem.code == "PA101"
        }
        for place, use in by_place(report.uses).items():
            if place in known:
                text = hashlib.sha256(use.text.literal.encode("utf-8", "surrogatepass")).hexdigest()[:16]
                found[package, place[0], text] = (version, place[1])
    return found


def main() -> None:
    found = hits(Path(sys.argv[1]))
    rows = [json.loads(line) for line in (HERE / "judgements.jsonl").read_text("utf-8").splitlines()]
    judged = {(row["package"], row["path"], row["text"]): row["prompt"] for row in rows}
    seen = [key for key in judged if key in found]
    right = sum(judged[key] for key in seen)
    interval = wilson(right, len(seen))
    versions = sorted({f"{package} {version}" for (package, _, _), (version, _) in found.items()})
    print(", ".join(versions), end=": ")
    print(f"{len(found)} hits, {len(seen)} of {len(judged)} judged found")
    low, high = interval.low, interval.high
    print(f"precision {right / len(seen):.3f} ({low:.3f} to {high:.3f}), {right} of {len(seen)}")
    for package in PACKAGES:
        counts = Counter(judged[key] for key in seen if key[0] == package)
        print(f"  {package}: {counts[True]} of {counts.total()}")


if __name__ == "__main__":
    main()

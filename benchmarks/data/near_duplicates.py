"""Near-duplicates: recall against every pair, and time and memory at size, beside datasketch.

usage: near_duplicates.py recall [COUNT]      every pair of 20,000 texts compared exactly (needs scipy)
       near_duplicates.py size [COUNT]        a million texts of 200 characters, 1 % near-duplicates
       near_duplicates.py datasketch [COUNT]  the same texts with its MinHash and MinHashLSH
       near_duplicates.py check [COUNT]       `data check` of a file of as many rows, all checks
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from prompteval.data.minhash import near_pairs, shingles

THRESHOLD = 0.8


def texts(count: int, share: float = 0.01, seed: int = 0) -> list[str]:
    """Texts of 200 characters from 20,000 invented words; a share of them another one with a few changes."""
    draw = random.Random(seed)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(20_000)]
    made = [" ".join(draw.choices(words, k=40))[:200] for _ in range(count)]
    for place in draw.sample(range(count), int(share * count)):
        letters = list(made[draw.randrange(count)])
        for _ in range(draw.randint(1, 6)):
            letters[draw.randrange(len(letters))] = draw.choice("abcdefghij ")
        made[place] = "".join(letters)
    return made


def recall(count: int) -> None:
    from scipy.sparse import csr_matrix

    given = texts(count, share=0.2)
    columns: dict[str, int] = {}
    indices = [columns.setdefault(part, len(columns)) for text in given for part in sorted(shingles(text))]
    sizes = np.array([len(shingles(text)) for text in given])
    matrix = csr_matrix(
        (np.ones(len(indices), dtype=np.int32), indices, np.concatenate(([0], np.cumsum(sizes)))),
        shape=(count, len(columns)),
    )
    wanted: dict[tuple[int, int], float] = {}
    for start in range(0, count, 500):
        shared = (matrix[start : start + 500] @ matrix.T).toarray()
        jaccard = shared / (sizes[start : start + 500, None] + sizes[None, :] - shared)
        for row, column in zip(*np.nonzero(jaccard >= THRESHOLD), strict=True):
            if start + row < column and given[start + row] != given[column]:
                wanted[int(start + row), int(column)] = float(jaccard[row, column])
    found = {(pair.first, pair.second) for pair in near_pairs(given, THRESHOLD)}
    hit = len(found & wanted.keys())
    false = len(found - wanted.keys())
    print(f"{count:,} texts, {len(wanted):,} pairs: recall {hit / len(wanted):.4f}, false {false}")


def size(count: int) -> None:
    given = texts(count)
    before, started = peak(), time.perf_counter()
    found = sum(1 for _ in near_pairs(given, THRESHOLD))
    seconds, used = time.perf_counter() - started, f"{peak():.0f} MB ({before:.0f} MB of them texts)"
    print(f"{count:,} texts: {found:,} pairs, {seconds:.1f} s, {used}")


def sketch(count: int) -> None:
    from datasketch import MinHash, MinHashLSH

    given = texts(count)
    before, started = peak(), time.perf_counter()
    lsh, pairs = MinHashLSH(threshold=THRESHOLD, num_perm=120), 0
    parts = ([part.encode() for part in shingles(text)] for text in given)
    for place, signature in enumerate(MinHash.generator(parts, num_perm=120)):
        pairs += len(lsh.query(signature))
        lsh.insert(str(place), signature)
    seconds = time.perf_counter() - started
    used = f"{peak():.0f} MB ({before:.0f} MB of them texts)"
    print(f"datasketch, {count:,} texts: {pairs:,} candidates, {seconds:.1f} s, {used}")


def check(count: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "rows.jsonl"
        with path.open("w") as file:
            for place, text in enumerate(texts(count)):
                row = {
                    "id": str(place),
                    "inputs": {"message": text},
                    "expected": {"intent": "abcd"[place % 4]},
                }
                file.write(json.dumps(row) + "\n")
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "prompteval", "data", "check", str(path)], capture_output=True, text=True
        )
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{done.stderr.strip()}; {time.perf_counter() - started:.1f} s, {used:.0f} MB")


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    {"recall": recall, "size": size, "datasketch": sketch, "check": check}[verb](
        int(rest[0]) if rest else {"recall": 20_000}.get(verb, 1_000_000)
    )

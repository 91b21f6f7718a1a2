"""One hostile input: a workspace of its own, the commands over it, and what was wrong with how they ended."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tests.forks import Done, Forks
from tests.fuzz.mutate import spoilt
from tests.fuzz.oracle import CHECK_CODES, DEADLINE_S, fault
from tests.fuzz.replies import HostileServer

STORED = Path(__file__).parents[1] / "fixtures" / "v0"
CORPUS = Path(__file__).parent / "corpus"
# Stands for the address of the hostile server, in settings of the corpus too.
SERVED = "http://SERVED/v1"


@dataclass(frozen=True)
class Finding:
    """What a command line must not do, and did."""

    kind: str
    number: int
    arguments: tuple[str, ...]
    fault: str
    code: int | None
    told: str

    @property
    def short(self) -> str:
        """In one line."""
        return f"prompteval {' '.join(self.arguments)[:200]}: {self.fault}"


@dataclass
class Attempt:
    """What a kind of input works with. `root` is a workspace that it may spoil; `inputs` counts what it made.

    With `given`, that file of the corpus is the input, as it is; at most `most` are tried together.
    """

    kind: str
    number: int
    rng: Random
    root: Path
    forks: Forks
    server: HostileServer
    given: Path | None = None
    most: int = 1000
    inputs: int = 0
    codes: Counter[int | None] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def write(self, path: str, data: bytes | str) -> None:
        """A file of the workspace."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)

    def times(self, most: int) -> int:
        """How many inputs are tried together; one where it is given."""
        return min(most, self.most) if self.given is None else 1

    def from_corpus(self, *endings: str) -> bytes | None:
        """The input that is given, or now and then one of the corpus, spoilt; else None, to make another."""
        if self.given is not None:
            return self.given.read_bytes()
        if self.rng.random() > 0.2:
            return None
        known = [path for path in sorted((CORPUS / self.kind).glob("*")) if path.suffix in endings]
        return spoilt(self.rng.choice(known).read_bytes(), self.rng) if known else None

    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def complete(self, typed: str, word: int) -> Done:
        """What a shell asks when Tab is pressed at the end of `typed`, in the word of that number."""
        more = {"_PROMPTEVAL_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(word)}
        return self.run(codes={0, 1}, more=more)

    def run(self, *arguments: str, codes: Collection[int], more: Mapping[str, str] | None = None) -> Done:
        """A command line, judged; `more` goes into its environment."""
        env = {
            "NO_COLOR": "1", "HOME": str(self.root), "FIXTURE_KEY": "sk-fixture-not-a-key", "OPENAI_API_KEY": "",
            "OPENAI_BASE_URL": self.server.url, "COLUMNS": "100",
        }  # fmt: skip
        done = self.forks.run(self.root, *arguments, env={**env, **(more or {})}, deadline_s=DEADLINE_S)
        self.codes[done.code] += 1
        wrong = fault(done, codes)
        if wrong:
            told = f"{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
            self.findings.append(Finding(self.kind, self.number, arguments, wrong, done.code, told))
        return done

    def sound_suites(self, names: Sequence[str]) -> list[str]:
        """Those that `check` has nothing against."""
        done = self.run(
            "check", *(f"evals/{name}.yaml" for name in names), "--output-format=json", codes=CHECK_CODES
        )
        try:
            problems = json.loads(done.stdout)
        except ValueError:
            return []
        found = problems if isinstance(problems, list) else problems.get("problems", [])
        told = json.dumps([p for p in found if p.get("severity") != "warning"])
        return [name for name in names if f"{name}." not in told]

    def state(self) -> Path:
        """What version 0 stored, in its place."""
        place = self.root / ".prompteval"
        if not place.exists():
            shutil.copytree(STORED / "state", place)
        return place


Kind = Callable[[Attempt], Any]


@contextmanager
def attempt(
    kind: str,
    seed: int,
    number: int,
    forks: Forks,
    server: HostileServer,
    *,
    given: Path | None = None,
    most: int = 1000,
) -> Iterator[Attempt]:
    """The attempt of a number; equal numbers give equal inputs."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # commits there wait for no disk
    with TemporaryDirectory(prefix="fuzz-", dir=memory) as directory:
        root = Path(directory) / "one" / "two" / "three" / "workspace"
        shutil.copytree(STORED / "workspace", root)
        yield Attempt(kind, number, Random(f"{seed}:{kind}:{number}"), root, forks, server, given, most)

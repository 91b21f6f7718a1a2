"""Turns the CLINC150 data set into a workspace: which of ten domains, or out of scope.

Nothing of the data set is kept in this project; it is read from ../shared/data/clinc150.
Few-shot examples come from the training part by a rule that looks at no label but the example's
own: for each intent the PER_INTENT utterances with the smallest SHA-256 of their text, for out of
scope as many as a domain has. An utterance whose word-set Jaccard with a test utterance reaches
the bound of `prompteval check` (PE240) is passed over, as is one that holds template markup.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prompteval.plan.leakage import NEAR, word_list

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "clinc150"
OUT_OF_SCOPE = "out_of_scope"
PER_INTENT = 2

PROMPT = '''\
"""Routes an utterance to one of ten domains or out of scope; written by benchmarks/clinc150."""

from typing import Literal

from pydantic import BaseModel

from prompteval import Prompt, assistant, labels, system, user


class Inputs(BaseModel):
    utterance: str


class Output(BaseModel):
    domain: Literal[{choices}] = labels(
        **{descriptions}
    )


EXAMPLES = {examples}

prompt = Prompt(
    inputs=Inputs,
    output=Output,
    messages=[
        system("Choose the domain that the utterance belongs to, or out_of_scope when none fits."),
        *(
            part
            for utterance, domain in EXAMPLES
            for part in (user(utterance), assistant(f'{{{{"domain": "{{domain}}"}}}}'))
        ),
        user("{{{{ utterance }}}}"),
    ],
    params={{"temperature": 0, "max_output_tokens": 32}},
)
'''

SUITE = """\
prompt: domain
cases: ../datasets/test.jsonl
models: [MODEL]
scorers: [{exact: {field: domain}}]
metrics: [accuracy, f1(average=macro), per_class]
slices: [scope]
references: [majority, random]
gate:
  - beats: {reference: majority}
  - invalid <= 0
"""


@dataclass(frozen=True, slots=True)
class Clinc:
    """(utterance, intent) pairs of the data set, and the domain of each intent."""

    train: tuple[tuple[str, str], ...]
    test: tuple[tuple[str, str], ...]
    domain_of: Mapping[str, str]

    @property
    def domains(self) -> tuple[str, ...]:
        """The eleven labels, out of scope last."""
        return (*dict.fromkeys(d for d in self.domain_of.values() if d != OUT_OF_SCOPE), OUT_OF_SCOPE)


def read(directory: Path = DATA) -> Clinc:
    """The training and test parts, out of scope included. Raises FileNotFoundError without the data."""
    raw = json.loads((directory / "data_full.json").read_text(encoding="utf-8"))
    domains = json.loads((directory / "domains.json").read_text(encoding="utf-8"))
    domain_of = {intent: domain for domain, intents in domains.items() for intent in intents}

    def part(name: str) -> tuple[tuple[str, str], ...]:
        return tuple((text, intent) for text, intent in [*raw[name], *raw[f"oos_{name}"]])

    return Clinc(part("train"), part("test"), {**domain_of, "oos": OUT_OF_SCOPE})


def choose_examples(data: Clinc) -> list[tuple[str, str]]:
    """(utterance, domain) pairs by the rule above; domains take turns."""
    near = _Near(text for text, _ in data.test)
    by_intent: dict[str, list[str]] = {}
    for text, intent in sorted(data.train, key=lambda pair: hashlib.sha256(pair[0].encode()).digest()):
        by_intent.setdefault(intent, []).append(text)
    intents = Counter(data.domain_of.values())
    shown: dict[str, list[str]] = {domain: [] for domain in data.domains}
    for intent, texts in sorted(by_intent.items()):
        count = PER_INTENT * max(intents.values()) if intent == "oos" else PER_INTENT
        usable = (text for text in texts if "{" not in text and not near.to(text))
        shown[data.domain_of[intent]] += [text for text, _ in zip(usable, range(count), strict=False)]
    turns = range(max(len(texts) for texts in shown.values()))
    return [(texts[turn], domain) for turn in turns for domain, texts in shown.items() if turn < len(texts)]


class _Near:
    """Texts by word, to find whether one is near another."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._sets = [frozenset(word_list(text)) for text in texts]
        self._by_word: dict[str, list[int]] = {}
        for index, found in enumerate(self._sets):
            for word in found:
                self._by_word.setdefault(word, []).append(index)

    def to(self, text: str) -> bool:
        own = frozenset(word_list(text))
        shared = Counter(index for word in own for index in self._by_word.get(word, ()))
        return any(n / (len(own) + len(self._sets[index]) - n) >= NEAR for index, n in shared.items())


def write_workspace(
    directory: Path, data: Clinc, examples: Sequence[tuple[str, str]], model: str = "local/use"
) -> None:
    """A workspace with one prompt, one suite over a model, and a case for every test utterance."""
    topics: dict[str, list[str]] = {}
    for intent, domain in data.domain_of.items():
        topics.setdefault(domain, []).append(intent.replace("_", " "))
    topics[OUT_OF_SCOPE] = ["anything that none of the other domains covers"]
    prompt = PROMPT.format(
        choices=", ".join(repr(domain) for domain in data.domains),
        descriptions=repr({domain: ", ".join(topics[domain]) for domain in data.domains}),
        examples=repr(list(examples)),
    )
    cases = [
        {
            "id": f"clinc-{number:04}",
            "inputs": {"utterance": text},
            "expected": {"domain": data.domain_of[intent]},
            "tags": {"scope": "out" if intent == "oos" else "in"},
        }
        for number, (text, intent) in enumerate(data.test)
    ]
    for path, text in {
        "prompteval.toml": "",
        "prompts/domain/v1.py": prompt,
        "evals/domain.yaml": SUITE.replace("MODEL", model),
        "datasets/test.jsonl": "".join(json.dumps(case) + "\n" for case in cases),
    }.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")

"""Labels that people gave to outputs: one JSON object a line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from prompteval.core.errors import InvalidInput
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Collector
from prompteval.core.ranges import RANGES
from prompteval.workspace.field_types import Ranged, Text
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.validation import FileModel, problem, validate

Word = str | float


def _label(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int | float) and RANGES["score"].holds(value):
        return float(value)
    raise problem("label must be a non-empty string, a number, true or false")


class LabelLine(FileModel):
    """One label of one person for one output."""

    code = "PE291"
    mapping = "an object"

    case_id: Text = Field(description="The case.", examples=['"c1"'])
    label: Annotated[Any, BeforeValidator(_label)] = Field(description="What the person says of it.")
    annotator: Text = Field(description="Who says it.", examples=['"ann"'])
    output: Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")] | None = Field(
        None, description="The fingerprint of the output; without it, any output of the case."
    )
    replicate: Annotated[int, Ranged("replicate")] | None = Field(None, description="The repeat, from 0.")
    run_id: str | None = Field(None, description="The run that the output is of.")
    prompt: str | None = Field(None, description="The version that made the output.")
    model: str | None = Field(None, description="The model that made the output.")
    weight: Annotated[float, Ranged("weight")] | None = Field(
        None, description="How many cases of its stratum it stands for."
    )
    note: str | None = Field(None, description="Anything else that the person says.")
    synthetic: bool = Field(False, description="Whether a model gave it: such a label calibrates nothing.")
    chosen: str | None = Field(
        None, description="Why the output was chosen, where not at random: such a label is in no figure."
    )


@dataclass(frozen=True, slots=True)
class Label:
    """One label of one person. `output` is the fingerprint of what was labelled, None for any output."""

    case_id: str
    label: Word
    annotator: str
    output: str | None = None
    replicate: int | None = None
    prompt: str | None = None
    model: str | None = None
    weight: float | None = None
    synthetic: bool = False
    run_id: str | None = None
    note: str | None = None
    chosen: str | None = None
    line: int = 0

    @property
    def mark(self) -> str:
        """Over what it says and of what: a calibration rests on it."""
        return fingerprint(
            [self.case_id, self.label, self.annotator, self.output, self.replicate, self.weight]
        )

    def as_json(self) -> dict[str, object]:
        """Its line, without what says nothing."""
        body = {
            "case_id": self.case_id, "label": self.label, "annotator": self.annotator, "output": self.output,
            "replicate": self.replicate, "run_id": self.run_id, "prompt": self.prompt, "model": self.model,
            "weight": self.weight, "note": self.note, "chosen": self.chosen,
        }  # fmt: skip
        return {key: value for key, value in body.items() if value is not None}

    def fits(self, case_id: str, replicate: int, output: str, prompt: str, model: str) -> bool:
        """Whether it is of this output."""
        if self.output is not None:
            return self.case_id == case_id and self.output == output
        own = (self.case_id, self.replicate, self.prompt, self.model)
        return all(
            mine in (None, theirs)
            for mine, theirs in zip(own, (case_id, replicate, prompt, model), strict=True)
        )


def read_labels(data: bytes, path: str) -> tuple[Label, ...]:
    """The labels of a file, in its order. Raises InvalidInput with every problem at its line."""
    problems = Collector(path)
    found = []
    for number, value in read_jsonl(BytesIO(data), path, problems.add):
        line = validate(LabelLine, value, problems, lambda *_, number=number: (number, 1))
        if line is not None:
            found.append(
                Label(
                    line.case_id, line.label, line.annotator, line.output, line.replicate, line.prompt,
                    line.model, line.weight, line.synthetic, line.run_id, line.note, line.chosen, number,
                )
            )  # fmt: skip
    if not found and not problems.found:
        problems.add(1, 1, "PE291", "the file has no label", "`prompteval label RUN -o FILE` writes some")
    if problems.found:
        raise InvalidInput(problems.found)
    return tuple(found)


def labels_fingerprint(labels: Iterable[Label]) -> str:
    """Over what all labels say, in any order."""
    return fingerprint(sorted(label.mark for label in labels))


def of_people(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Without those of a model and of outputs that were not drawn; of two by one person for one the last."""
    last = {
        (one.case_id, one.output, one.replicate, one.prompt, one.model, one.annotator): one
        for one in labels
        if not one.synthetic and one.chosen is None
    }
    return tuple(last.values())

"""Labelling on the page: the sheet of `prompteval label`, and the one thing that the page writes."""

from typing import Any

from prompteval.core.errors import UsageError
from prompteval.engine.labelling import LabelOptions, Output, Sheet, label_sheet, user_name
from prompteval.judging.inputs import as_text
from prompteval.report.one_case.view import images_of
from prompteval.report.thumbnails import PageImages, Thumbnails, no_thumbnails
from prompteval.store.protocol import Checked
from prompteval.workspace.settings import Workspace

LONGEST_NOTE = 2_000
Json = dict[str, Any]


def sheet_of(workspace: Workspace, run_id: str, checked: Checked | None = None) -> Sheet:
    """The sheet of a run for the user of this machine, with the defaults of `label`.

    Raises UsageError for a run without a judge, labels or outputs, and for a user without a name.
    """
    return label_sheet(workspace, [run_id], None, LabelOptions(annotator=user_name()), checked)


def sheet_json(sheet: Sheet, thumbnails: Thumbnails = no_thumbnails) -> Json:
    """What is to be labelled, blind to judge and version, and what this person has labelled.

    Small images of the inputs are in it, as in the page of a run.
    """
    images = PageImages(thumbnails)
    scale = None if sheet.words else [sheet.scale.low, sheet.scale.high]
    return {
        "annotator": sheet.annotator, "file": str(sheet.path), "words": list(sheet.words), "scale": scale,
        "outputs": [_output(sheet, one, images) for one in sheet.outputs],
    }  # fmt: skip


def add_label(
    sheet: Sheet, place: object, text: object, note: object, thumbnails: Thumbnails = no_thumbnails
) -> Json:
    """Append one label. Raises UsageError for a place or a label that is none."""
    if type(place) is not int or not 0 <= place < len(sheet.outputs):
        raise UsageError("no such output to label")
    word = sheet.word(text) if isinstance(text, str) else None
    if word is None:
        raise UsageError(f"{text!r} is not a label", f"one of {', '.join(sheet.words) or 'the scale'}")
    if note is not None and (not isinstance(note, str) or len(note) > LONGEST_NOTE):
        raise UsageError(f"a note has at most {LONGEST_NOTE:,} characters")
    output = sheet.outputs[place]
    sheet.add(output, word, note or None)
    return _output(sheet, output, thumbnails)


def _output(sheet: Sheet, one: Output, images: Thumbnails) -> Json:
    inputs = one.inputs if isinstance(one.inputs, dict) else {"inputs": one.inputs}
    known = sheet.known.get((one.case_id, one.mark))
    return {
        "case_id": one.case_id,
        "inputs": [[str(name), as_text(value)] for name, value in inputs.items()],
        "images": [image for value in inputs.values() for key in images_of(value) if (image := images(key))],
        "passages": [[f"{passage.n} {passage.title}".strip(), passage.text] for passage in one.passages],
        "expected": None if one.expected is None else as_text(one.expected),
        "output": as_text(one.output),
        "label": None if known is None else str(known),
    }

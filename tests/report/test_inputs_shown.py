"""What a view shows of the files of a case: where each is, as the case says it, and what it is."""

from prompteval.core.case import Case
from prompteval.core.media import File, FileValue, paths_in
from prompteval.core.observation import Observation
from prompteval.report.inputs import shown_inputs
from prompteval.report.one_case.view import case_view
from prompteval.store.case_form import case_from, case_json, case_mark, case_values
from tests.media_files import pdf, png
from tests.report.test_case_view import row

RED, PAGE = File.from_bytes(png()), File.from_bytes(pdf())


def a_case() -> Case:
    """The same image under two names, a data URL between them, and a document."""
    more = [FileValue(RED, "a b.png"), FileValue(RED), FileValue(RED, "copy.png")]
    inputs = {"page": FileValue(PAGE, "x" * 300 + "/page.pdf"), "more": more, "note": "none"}
    return Case("a", inputs, file_paths=paths_in(inputs))


def test_each_file_has_the_path_that_its_case_gives() -> None:
    """Also once the case was stored; of a long path the end is shown."""
    for case in (a_case(), case_from("a", case_json(a_case()))):
        shown = shown_inputs(case)
        assert isinstance(shown, dict)
        image = f"a PNG image, {RED.size} bytes, sha256 {RED.sha256[:12]}"
        assert shown["more"] == [f"a b.png, {image}", image, f"copy.png, {image}"]
        assert shown["page"].startswith("…xxx") and "xxx/page.pdf, a PDF document, " in shown["page"]
        assert shown["note"] == "none"


def test_a_file_of_a_list_has_a_line_and_its_image() -> None:
    """So that an image stands below its own name; a name with a line break stays on its line."""
    inputs = {
        "more": [FileValue(RED, "a\nb.png"), FileValue(PAGE, "c.pdf")],
        "one": [FileValue(RED, "d.png")],
    }
    case = Case("a", inputs, file_paths=paths_in(inputs))
    (part,) = [part for part in case_view(row(Observation("ok"), case)).parts if part.name == "inputs"]
    assert [(line.label, line.text.split(", ")[0], line.images) for line in part.lines] == [
        ("more 1", "a\\nb.png", (RED.sha256,)), ("more 2", "c.pdf", ()), ("one", "d.png", (RED.sha256,)),
    ]  # fmt: skip


def test_a_case_is_the_same_under_every_name() -> None:
    """Marks, by which runs are compared, have nothing of a path; a case without a path stores none."""
    inputs = {"page": FileValue(PAGE, "other.pdf"), "more": [FileValue(RED)] * 3, "note": "none"}
    other = Case("a", inputs, file_paths=paths_in(inputs))
    assert other == a_case()
    assert case_mark(case_values(other)) == case_mark(case_values(a_case()))
    assert "file_paths" not in case_values(Case("b", {"more": [FileValue(RED)]}))
